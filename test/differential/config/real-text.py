"""Treats texts as Python does, whose library reads supervisor's configuration.

stdin: a JSON object of lists of texts; stdout: an object of lists of what became of each.
"""
import fnmatch
import io
import json
import shlex
import sys
from configparser import RawConfigParser

NAMES = {'n': 3, 's': 'h\u00e9llo'}


def attempt(function):
    def result(text):
        try:
            return {'ok': function(text)}
        except KeyError as error:
            return {'unknown': error.args[0]}
        except Exception as error:
            return {'error': str(error)}
    return result


def document(text):
    parser = RawConfigParser(inline_comment_prefixes=(';', '#'), strict=False)
    parser.read_file(io.TextIOWrapper(io.BytesIO(text.encode()), encoding='utf-8'), 'F')
    return [[name, list(parser._sections[name].items())] for name in parser.sections()] + [list(parser.defaults().items())]


def environment(text):
    lexer = shlex.shlex(text, posix=True)
    lexer.wordchars += '/.+-():'
    tokens = list(lexer)
    pairs = {}
    while tokens:
        triple = tokens[:3]
        if len(triple) < 3 or triple[1] != '=':
            raise ValueError("Unexpected end of key/value pairs in value '%s'" % text)
        pairs[triple[0]] = triple[2]
        tokens = tokens[4:]
    return list(pairs.items())


def integer(text):
    def in_base(base):
        try:
            return int(text, base)
        except ValueError:
            return None
    return [in_base(10), in_base(8)]


def matches(pair):
    pattern, name = pair.split('/')
    return fnmatch.fnmatchcase(name, pattern)


FUNCTIONS = {
    'document': document,
    'environment': environment,
    'format': lambda text: text % NAMES,
    'integer': integer,
    'pattern': matches,
    'quoted': lambda text: [repr(text), ascii(text)],
    'words': shlex.split,
}

cases = json.load(sys.stdin)
json.dump({kind: list(map(attempt(FUNCTIONS[kind]), texts)) for kind, texts in cases.items()}, sys.stdout)
