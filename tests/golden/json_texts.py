"""JSON that is valid, JSON that is not, and texts that have broken other programs."""

from typing import Any

import orjson

VALID = (
    b"[]", b"{}", b"[[]]", b'{"":0}', b'{"a":{}}', b"[1,2]", b" [ 1 , 2 ]\t\r\n", b"null", b"true",
    b"false", b"0", b"-0", b"-0.0", b"1e2", b"1E+2", b"1e-2", b"0e1", b"0e+1", b"1.5e3", b"123456",
    b"0.1", b"-1.5", b"9007199254740991", b"1e-400", b'""', b'"a"', b'"\\""', b'"\\\\"', b'"\\/"',
    b'"\\b\\f\\n\\r\\t"', b'"\\u0041"', b'"\\u00e9"', b'"\\ud83d\\ude00"', b'"\\uFFFF"',
    b'"\\u2028\\u2029"', '"é"'.encode(), '"😀"'.encode(), '"\u2028"'.encode(), b'"\x7f"',
    '"\U0010ffff"'.encode(), b'{"a":1,"a":2}', b'{"a":1,"a":1}', b'{"\\u0061":1,"a":2}',
    b'["a",null,true,1.5,{}]', b'{"a":[{"b":[]}]}',
)  # fmt: skip

INVALID = (
    b"", b" ", b"[", b"]", b"{", b"}", b"[1", b"[1,", b"[1,]", b"[,1]", b"[1,,2]", b"[1 2]", b"[1}",
    b'{"a"}', b'{"a":}', b'{"a":1,}', b'{,"a":1}', b'{"a" 1}', b'{"a":1 "b":2}', b"{a:1}",
    b"{'a':1}", b"{1:1}", b'{"a":1]', b"{null:1}", b'{"a":1}}', b"[]]", b"1 2", b"[] {}", b"tru",
    b"True", b"nul", b"NULL", b"nan", b"NaN", b"Infinity", b"-Infinity", b"inf", b"undefined",
    b"+1", b"--1", b"-", b"01", b"-01", b"00", b"1.", b".5", b"-.5", b"1e", b"1e+", b"1.e1", b"0x1",
    b"1_000", b"1,5", b"\xef\xbc\x91", b"1a", b'"', b'"a', b"'a'", b'"\\"', b'"\\x41"', b'"\\a"',
    b'"\\0"', b'"\\u"', b'"\\u00"', b'"\\u00g0"', b'"\\u 041"', b'"\\U0041"', b'"\n"', b'"\t"',
    b'"\x00"', b'"\x1f"', b"[1]//a", b"/*a*/[1]", b"#a\n1", b"[1]\x00", b"\x00[1]", b"[1]\x0c",
    b"\x0b1", b"\xc2\xa01", b"\xe2\x80\xaf1", b"\xef\xbb\xbf[]", b"\xff", b'"\xff"', b'"\xc3"',
    b'"\xc0\x80"', b'"\xed\xa0\x80"', b'"\xf4\x90\x80\x80"', b'"\xe9"', b"\xff\xfe[\x00]\x00",
    b"\x00[\x00]", b'"\\ud800"', b'"\\ud800\\u0041"', b'"\\udc00"', b'"\\udc00\\ud800"', b"<a/>",
    b"a", b"[a]", b"[1]a", b'["a"', b'["a",4', b'["\\', b'{"a":"b', b"[" * 2000, b'{"a":' * 2000,
    b"[" * 2000 + b"]" * 2000,
)  # fmt: skip

NAUGHTY = (
    "", " ", "\t", "undefined", "null", "NULL", "(null)", "nil", "NaN", "Infinity", "-1", "0x0",
    "1e999", "true", "__proto__", "constructor", "toString", "hasOwnProperty", "\\", "\\\\",
    "\\u0000", "\\x00", "' OR '1'='1", "'; DROP TABLE events; --", '" OR ""="', "`id`", "$(id)",
    "; id", "| id", "&& id", "${7*7}", "{{7*7}}", "#{7*7}", "%s%n%x", "%00",
    "%0d%0aSet-Cookie: a=b", "\r\nX: y", "../../etc/passwd", "file:///etc/passwd", "CON", "LPT1",
    "<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "<!--", "]]>",
    "<?xml version='1.0'?>", "=cmd|' /C calc'!A0", "@SUM(1)", "\u202etxt.exe", "\u200b", "\ufeff",
    "\u2028", "\u2029", "\u0000", "a\u0000b", "\u0001", "\u001b[31m", "\u007f", "\u0085", "\u009f",
    "\u00a0", "\u00ad", "e\u0301", "\u00e9", "Z\u0351\u036b\u0343a\u0300\u0301\u0302", "\u0130",
    "\u0131", "\u1e9e", "\u03a3\u03c2", "\ufb01", "\uff41", "\ufdfa", "\u0644\u0644\u0647",
    "\u05d0\u05d1", "\u7530\u4e2d", "\U0001f600", "\U0001f468\u200d\U0001f469\u200d\U0001f467",
    "\U0001f1e9\U0001f1ea", "\U0001f44d\U0001f3ff", "\U0010ffff", "\uffff", "\ufffd", "\ue000",
    "a" * 128, "a" * 129, "\U0001f600" * 128, "\U0001f600" * 129, "x" * 5000, "page_view\n",
    "Page_View", "1page", "page-view",
)  # fmt: skip

_EVENT = {
    "user_id": "user-1",
    "signal_type": "page_view",
    "source_platform": "chrome_extension",
}


def in_details(text: bytes, timestamp: str) -> bytes:
    """An event with a JSON text as a member of its details."""
    event = orjson.dumps({**_EVENT, "timestamp": timestamp})
    return event[:-1] + b',"event_details":{"a":' + text + b"}}"


def naughty_events(timestamp: str) -> list[bytes]:
    """Events with each naughty text wherever a text may stand."""
    found: list[dict[str, Any]] = []
    for text in NAUGHTY:
        found += (
            {**_EVENT, name: text} for name in (*_EVENT, "timestamp", "event_id", "flag_type")
        )
        found += ({**_EVENT, "event_details": details} for details in ({text: 1}, {"a": [text]}))
        found.append({**_EVENT, text: 1})
    return [orjson.dumps({"timestamp": timestamp, **event}) for event in found]
