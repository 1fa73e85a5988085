"""``/docs``: the OpenAPI document as a page that loads nothing from elsewhere and runs no script."""

from __future__ import annotations

import json
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

router = APIRouter(include_in_schema=False)

_METHODS = ("get", "post", "put", "patch", "delete")

_STYLE = """
:root { color-scheme: light dark; --line: #b9c2cc; --soft: #f3f5f7; --ink: #17212b; --accent: #0b5394; --paper: #fff; }
@media (prefers-color-scheme: dark) {
  :root { --line: #46525e; --soft: #1d252d; --ink: #e8edf2; --accent: #8ec5ff; --paper: #12181e; }
}
body { font: 16px/1.5 system-ui, sans-serif; margin: 0; color: var(--ink); background: var(--paper); }
main { max-width: 60rem; margin: 0 auto; padding: 1.5rem; }
a { color: var(--accent); }
section { border: 1px solid var(--line); border-radius: .4rem; padding: 0 1rem 1rem; margin: 1rem 0; }
h2 code { font-size: 1rem; overflow-wrap: anywhere; }
.method { font-weight: 700; text-transform: uppercase; margin-right: .5rem; }
pre { background: var(--soft); padding: .75rem; overflow: auto; max-height: 24rem; border-radius: .3rem; }
table { border-collapse: collapse; width: 100%; }
th, td { border-bottom: 1px solid var(--line); padding: .35rem .5rem; text-align: left; vertical-align: top; }
summary { cursor: pointer; }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
"""

_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{{ info.title }}: interface</title>
<link rel="stylesheet" href="/docs/style.css">
</head>
<body>
<main>
<h1>{{ info.title }} <small>{{ info.version }}</small></h1>
{% for paragraph in info.description.split("\\n\\n") %}<p>{{ paragraph }}</p>
{% endfor %}
<p>The same for programs: <a href="/openapi.json">openapi.json</a> (OpenAPI {{ openapi }}).</p>
{% for operation in operations %}
<section aria-labelledby="{{ operation.anchor }}">
<h2 id="{{ operation.anchor }}"><span class="method">{{ operation.method }}</span><code>{{ operation.path }}</code></h2>
<p>{{ operation.summary }}. {{ operation.description }}</p>
{% if operation.parameters %}
<h3>Parameters</h3>
<table>
<thead><tr><th scope="col">name</th><th scope="col">in</th><th scope="col">means</th></tr></thead>
<tbody>
{% for each in operation.parameters %}
<tr><td><code>{{ each.name }}</code></td><td>{{ each.where }}</td><td>{{ each.means }}</td></tr>
{% endfor %}
</tbody>
</table>
{% endif %}
{% if operation.bodies %}
<h3>Body</h3>
{% for body in operation.bodies %}
<p><code>{{ body.kind }}</code></p>
{% for example in body.examples %}
<details><summary>Example: {{ example.name }}</summary><pre tabindex="0">{{ example.text }}</pre></details>
{% endfor %}
{% endfor %}
{% endif %}
<h3>Answers</h3>
{% for answer in operation.answers %}
<p><strong>{{ answer.status }}</strong> {{ answer.description }}</p>
{% for example in answer.examples %}
<details><summary>Example: {{ example.name }}</summary><pre tabindex="0">{{ example.text }}</pre></details>
{% endfor %}
{% endfor %}
</section>
{% endfor %}
</main>
</body>
</html>
"""


@router.get("/docs", response_model=None)
def docs(request: Request) -> Response:
    """The interface, described for people."""
    return Response(render(request.app.openapi()), media_type="text/html; charset=utf-8")


@router.get("/docs/style.css", response_model=None)
async def style() -> Response:
    """How the page looks."""
    return Response(_STYLE, media_type="text/css; charset=utf-8", headers={"Cache-Control": "public, max-age=3600"})


def render(document: dict[str, Any]) -> str:
    """An OpenAPI document as one page of HTML; every text in it is escaped."""
    from jinja2 import Environment

    template = Environment(autoescape=True).from_string(_PAGE)
    operations = [
        _operation(path, method, item[method])
        for path, item in document["paths"].items()
        for method in _METHODS
        if method in item
    ]
    return template.render(info=document["info"], openapi=document["openapi"], operations=operations)


def _operation(path: str, method: str, stated: dict[str, Any]) -> dict[str, Any]:
    bodies = stated.get("requestBody", {}).get("content", {})
    return {
        "anchor": f"{method}{path}".replace("/", "-").replace("{", "").replace("}", ""),
        "method": method,
        "path": path,
        "summary": stated.get("summary", ""),
        "description": stated.get("description", ""),
        "parameters": [
            {
                "name": each["name"],
                "where": each["in"],
                "means": each.get("description") or each.get("schema", {}).get("description", ""),
            }
            for each in stated.get("parameters", ())
        ],
        "bodies": [{"kind": kind, "examples": _examples(content)} for kind, content in bodies.items()],
        "answers": [
            {
                "status": status,
                "description": answer["description"],
                "examples": [
                    example for content in answer.get("content", {}).values() for example in _examples(content)
                ],
            }
            for status, answer in sorted(stated["responses"].items())
        ],
    }


def _examples(content: dict[str, Any]) -> list[dict[str, str]]:
    return [
        {"name": name, "text": json.dumps(example["value"], ensure_ascii=False, indent=2)}
        for name, example in content.get("examples", {}).items()
    ]
