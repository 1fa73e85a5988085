"""What programs send and get: JSON checked by a model, mistakes as problem+json with a pointer each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from badgeport.web.answers import PROBLEM_JSON
from badgeport.web.bodies import json_body, media_type, read_body
from fastapi import Depends, Request
from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic.alias_generators import to_camel
from starlette.responses import Response

from badgeport.issuer.mistakes import Mistakes, plain_reason
from badgeport.issuer.web.texts import check_json
from badgeport.issuer.web.visits import VisitDep
from badgeport.schemas import jsontext
from badgeport.schemas.limits import DEFAULT_LIMITS
from badgeport.schemas.problems import INVALID_REQUEST

Model = TypeVar("Model", bound=BaseModel)


class Body(BaseModel):
    """Base of what programs send: camelCase, no unknown members, instants with a zone."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, extra="forbid", frozen=True)


def body_of(model: type[Model]) -> Any:
    """The dependency that reads a body as ``model``: ``given: Annotated[Thing, body_of(Thing)]``.

    State the body in OpenAPI with ``openapi_extra=body_schema(Thing)``. Raises Refusal, Mistakes.
    """

    async def read(request: Request, _visit: VisitDep) -> Model:
        members = json_body(media_type(request), await read_body(request), DEFAULT_LIMITS).members
        return checked(model, members)

    return Depends(read)


def checked(model: type[Model], members: Mapping[str, Any]) -> Model:
    """``members`` as ``model``. Raises Mistakes that name each member that is wrong, Refusal for what is no text."""
    check_json(members)
    try:
        return model.model_validate(members)
    except ValidationError as error:
        mistakes = Mistakes()
        for one in error.errors()[:50]:
            mistakes.add("/".join(str(part) for part in one["loc"]) or "", "{reason}", reason=plain_reason(one["msg"]))
        raise mistakes from None


def body_schema(model: type[BaseModel]) -> dict[str, Any]:
    """The ``openapi_extra`` of a route whose body is ``model``."""
    schema = model.model_json_schema(by_alias=True, ref_template="#/components/schemas/{model}")
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": _inlined(schema)}}}}


def mistakes_response(mistakes: Mistakes) -> Response:
    """Mistakes as RFC 9457: the first as ``detail``, all as ``errors`` with a JSON pointer each."""
    errors = [{"pointer": f"/{one.field}" if one.field else "", "detail": str(one)} for one in mistakes.found]
    body = {
        "type": INVALID_REQUEST.uri,
        "title": INVALID_REQUEST.title,
        "status": 400,
        "detail": "; ".join(str(one) for one in mistakes.found)[:2000],
        "errors": errors,
    }
    return Response(jsontext.dump_pretty(body), 400, media_type=PROBLEM_JSON)


def _inlined(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema with its ``$defs`` put in place: it stands alone in the OpenAPI document."""
    definitions = schema.pop("$defs", {})

    def resolved(value: Any) -> Any:
        if isinstance(value, dict):
            reference = value.get("$ref")
            if isinstance(reference, str):
                return resolved(definitions[reference.rpartition("/")[2]])
            return {name: resolved(member) for name, member in value.items()}
        if isinstance(value, list):
            return [resolved(member) for member in value]
        return value

    result = resolved(schema)
    assert isinstance(result, dict)
    return result
