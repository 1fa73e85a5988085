"""Credentials in SVG images: read back by an independent parser, other bytes untouched."""

import json

import pytest
from lxml import etree

from badgeport.schemas import svg
from badgeport.schemas.limits import Limits
from badgeport.schemas.problems import MALFORMED_VALUE_ERROR, PARSING_ERROR, RANGE_ERROR, ProblemError, ProblemType

OB3 = "https://purl.imsglobal.org/ob/v3p0"
OB2 = "http://openbadges.org"
CLR2 = "https://purl.imsglobal.org/clr/v2p0"
NS = 'xmlns="http://www.w3.org/2000/svg"'
JWS = "eyJhbGciOiJFZERTQSJ9.e30.c2ln"
JSON = '{"name":"Ünïcode 😀 & <b>","x":["]]>","]]>]]>","\\\\]]>"],"y":"\ufffe\uffff\u2028"}'

IMAGES = [
    f"<svg {NS}/>",
    f"<svg {NS} />",
    f"<svg\n{NS}\n></svg>",
    f'<svg {NS}><path d="M0 0"/>text</svg >',
    f'<svg data-a="1>2" data-b=\'/>"<!-- \' {NS}><g/></svg>'.replace("<!--", "!--"),
    '\ufeff<?xml version="1.0" encoding="utf-8" standalone="yes"?>\n<!-- <svg> ü --><?p <svg a=">" ?>\n'
    f"<svg {NS}/>\n<!--e-->",
    '<s:svg xmlns:s="http://www.w3.org/2000/svg"><s:g/></s:svg>',
    '<s:svg xmlns:s="http://www.w3.org/2000/svg"/>',
    f'<svg {NS} xmlns:openbadges="{OB3}"><g/></svg>',
    f'<svg {NS} xmlns:openbadges="{OB2}"><openbadges:assertion verify="https://a.example/1"/></svg>',
    f"<svg {NS}><![CDATA[<!DOCTYPE x>]]><g/></svg>",
    f"<svg {NS}>\r\n<g/>\r\n</svg>",
]


def refused(data: bytes, kind: ProblemType = PARSING_ERROR) -> str:
    with pytest.raises(ProblemError) as error:
        svg.unbake(data)
    assert error.value.problem.type == kind
    return error.value.problem.detail


@pytest.mark.parametrize("image", IMAGES)
def test_a_jws_becomes_the_attribute_of_the_first_child(image: str) -> None:
    baked = svg.bake(image.encode(), JWS)
    element = next(etree.fromstring(baked).iterchildren(tag=etree.Element))
    assert element.tag == f"{{{OB3}}}credential"
    assert dict(element.attrib) == {"verify": JWS}
    assert element.text is None
    assert svg.unbake(baked) == svg.Baked(JWS, "ob3")


@pytest.mark.parametrize("image", IMAGES)
def test_json_becomes_one_cdata_section(image: str) -> None:
    baked = svg.bake(image.encode(), JSON)
    parser = etree.XMLParser(strip_cdata=False)
    element = next(etree.fromstring(baked, parser).iterchildren(tag=etree.Element))
    assert element.tag == f"{{{OB3}}}credential"
    assert json.loads(element.text) == json.loads(JSON)
    assert dict(element.attrib) == {}
    assert baked.count(b"<openbadges:credential") == 1
    inside = baked.partition(b"<openbadges:credential")[2].partition(b"</openbadges:credential>")[0]
    assert inside.count(b"<![CDATA[") == inside.count(b"]]>") == 1
    assert svg.unbake(baked).payload == element.text


@pytest.mark.parametrize("image", IMAGES)
@pytest.mark.parametrize("payload", [JSON, JWS])
def test_other_bytes_are_untouched(image: str, payload: str) -> None:
    """Taking out what was put in gives the image back."""
    data = image.encode()
    baked = svg.bake(data, payload)
    start = baked.index(b"<openbadges:credential")
    end = baked.index(b"</openbadges:credential>") + len(b"</openbadges:credential>")
    rest = baked[:start] + baked[end:]
    if f'xmlns:openbadges="{OB3}"' not in image:
        rest = rest.replace(f' xmlns:openbadges="{OB3}"'.encode(), b"", 1)
    if data.rstrip().endswith(b"/>") or b"/>\n<!--e" in data:
        opened = rest.replace(b"></svg>", b"/>").replace(b"></s:svg>", b"/>")
        assert data in (rest, opened)
    else:
        assert rest == data


def test_ordinary_json_is_kept_byte_for_byte() -> None:
    payload = '{\n  "a": "é < > & \\u003e ]] >",\n\t"b": 1\n}\n'
    assert svg.unbake(svg.bake(IMAGES[0].encode(), payload)).payload == payload


def test_carriage_returns_between_tokens_become_line_feeds() -> None:
    assert svg.unbake(svg.bake(IMAGES[0].encode(), '{\r\n"a":\r1}')).payload == '{\n"a":\n1}'


def test_the_prefix_is_declared_where_it_is_free() -> None:
    assert svg.bake(IMAGES[0].encode(), JWS).count(b"xmlns:openbadges") == 1
    assert svg.bake(IMAGES[8].encode(), JWS).count(b"xmlns:openbadges") == 1
    conflicting = svg.bake(IMAGES[9].encode(), JWS)
    assert conflicting.count(b"xmlns:openbadges") == 2
    assert svg.unbake(conflicting) == svg.Baked(JWS, "ob3")


@pytest.mark.parametrize("image", IMAGES)
def test_a_second_credential_needs_overwrite(image: str) -> None:
    first = svg.bake(image.encode(), JSON)
    with pytest.raises(ProblemError) as error:
        svg.bake(first, JWS)
    assert error.value.problem.type == MALFORMED_VALUE_ERROR
    second = svg.bake(first, JWS, overwrite=True)
    assert svg.unbake(second).payload == JWS
    assert svg.bake(second, JSON, overwrite=True) == first


def test_overwrite_removes_every_form_of_credential_element() -> None:
    image = (
        f'<svg {NS} xmlns:x="{OB3}"><g><x:credential verify="a"/><a/></g>'
        "<x:credential\n>b<x:c/><x:c>d</x:c>e</x:credential >"
        f"<credential xmlns='{OB3}' a='>'><![CDATA[</credential>]]></credential><g/></svg>"
    )
    baked = svg.bake(image.encode(), JWS, overwrite=True)
    tail = baked.partition(b"</openbadges:credential>")[2]
    assert tail == b"<g><a/></g><g/></svg>"


def test_elements_are_told_by_namespace() -> None:
    assert svg.unbake(f'<svg {NS}><c:credential xmlns:c="{OB3}" verify="{JWS}"/></svg>'.encode()).payload == JWS
    assert svg.unbake(f'<svg {NS}><credential xmlns="{OB3}">{{}}</credential></svg>'.encode()).payload == "{}"
    assert svg.unbake(f'<svg {NS}><metadata><c:credential xmlns:c="{CLR2}" verify="x"/></metadata></svg>'.encode()) == (
        svg.Baked("x", "clr2")
    )
    assert svg.unbake(IMAGES[9].encode()) == svg.Baked("https://a.example/1", "ob2")
    both = f'<svg {NS} xmlns:o="{OB2}"><o:assertion verify="https://a.example/1"><![CDATA[{{}}]]></o:assertion></svg>'
    assert svg.unbake(both.encode()) == svg.Baked("https://a.example/1", "ob2")
    assert "no credential" in refused(
        f'<svg {NS} xmlns:openbadges="https://other.example"><openbadges:credential verify="a"/></svg>'.encode()
    )
    assert "no credential" in refused(f'<svg {NS} xmlns:o="{OB3}"><o:other verify="a"/></svg>'.encode())


@pytest.mark.parametrize(
    ("inner", "reason"),
    [
        ("", "no credential"),
        ('<o:credential verify="a"/><o:credential verify="a"/>', "more than one"),
        ('<o:credential verify="a">{}</o:credential>', "twice"),
        ("<o:credential>{<g/>}</o:credential>", "elements inside"),
        ("<o:credential/>", "empty"),
        ('<o:credential verify=" "/>', "empty"),
        ("<o:credential>", "well-formed"),
        ("<o:credential>&entity;</o:credential>", "well-formed"),
    ],
)
def test_unusable_credentials(inner: str, reason: str) -> None:
    assert reason in refused(f'<svg {NS} xmlns:o="{OB3}">{inner}</svg>'.encode())


BOMB = "<!DOCTYPE svg [<!ENTITY a 'aaaaaaaaaa'><!ENTITY b '&a;&a;&a;&a;'>]>"


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "well-formed"),
        (b"x", "well-formed"),
        (b"<svg", "well-formed"),
        (f"<svg {NS}/><svg/>".encode(), "well-formed"),
        (f"<svg {NS} a='&#0;'/>".encode(), "well-formed"),
        (f"<svg {NS} a='1' a='2'/>".encode(), "well-formed"),
        (f"<svg {NS}><x:y/></svg>".encode(), "well-formed"),
        (b"<svg/>", "root element"),
        (f"<g {NS}/>".encode(), "root element"),
        (b"<html/>", "root element"),
        (f"{BOMB}<svg {NS}>&b;</svg>".encode(), "DOCTYPE"),
        (f"<!-- c --><!DOCTYPE svg SYSTEM 'file:///etc/passwd'><svg {NS}/>".encode(), "DOCTYPE"),
        (f"<!DOCTYPE svg><svg {NS}/>".encode(), "DOCTYPE"),
        (f"<svg {NS}/>".encode("utf-16"), "UTF-8"),
        (f"<svg {NS}/>".encode("utf-16-le"), "UTF-8"),
        (f"<svg {NS} a='\xe9'/>".encode("latin-1"), "UTF-8"),
        (f'<?xml version="1.0" encoding="ISO-8859-1"?><svg {NS}/>'.encode(), "ISO-8859-1"),
        (f'<?xml version="1.0" encoding="UTF-7"?><svg {NS}/>'.encode(), "UTF-7"),
        (f"<svg {NS} a='\ufffe'/>".encode(), "well-formed"),
    ],
)
def test_unsound_images(data: bytes, reason: str) -> None:
    assert reason in refused(data)
    with pytest.raises(ProblemError) as error:
        svg.bake(data, JWS)
    assert error.value.problem.type == PARSING_ERROR


def test_bounds() -> None:
    deep = f"<svg {NS}>{'<g>' * 100_000}{'</g>' * 100_000}</svg>".encode()
    assert "nested" in refused(deep, RANGE_ERROR)
    assert "elements" in refused(f"<svg {NS}>{'<g/>' * 100_000}</svg>".encode(), RANGE_ERROR)
    image = IMAGES[0].encode()
    with pytest.raises(ProblemError) as error:
        svg.unbake(image, Limits(input_bytes=len(image) - 1))
    assert error.value.problem.type == RANGE_ERROR
    with pytest.raises(ProblemError) as error:
        svg.unbake(svg.bake(image, JWS), Limits(document_bytes=len(JWS) - 1))
    assert error.value.problem.type == RANGE_ERROR


@pytest.mark.parametrize("payload", ["", "a b", 'a"b c', '{"a":1', '{"a":1}x', '{"a":NaN}'])
def test_only_json_or_one_line_is_baked(payload: str) -> None:
    with pytest.raises(ProblemError):
        svg.bake(IMAGES[0].encode(), payload)


def test_an_attribute_value_is_escaped() -> None:
    payload = "a\"b'<&>~c"
    assert svg.unbake(svg.bake(IMAGES[0].encode(), payload)).payload == payload
