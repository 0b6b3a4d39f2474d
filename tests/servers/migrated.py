# SPDX-License-Identifier: GPL-3.0-or-later
"""What a document of Alien4Cloud 1.1.0 has to be for 1.2.0, made without Lifeboat: the differences of
both versions' sources (fact sheet of Alien4Cloud, §4.1). Keys in their order and twice, numbers as
they are written."""

import json

LISTS = ("requirements", "relationships", "capabilities", "artifacts")


class Number(str):
    """As it is written."""


class Pairs(list):
    """An object: its members in their order."""

    def each(self, change):
        return Pairs((key, change(key, value)) for key, value in self)


def parse(text):
    return json.loads(text, object_pairs_hook=Pairs, parse_float=Number, parse_int=Number)


def as_list(value, change=lambda value: value):
    if not isinstance(value, Pairs):
        return value
    return [Pairs([("key", key), ("value", change(inner))]) for key, inner in value]


def relationship(value):
    return value.each(lambda key, inner: as_list(inner) if key == "artifacts" else inner)


def node(value):
    def member(key, inner):
        if key == "relationships":
            return as_list(inner, relationship)
        return as_list(inner) if key in LISTS else inner
    return value.each(member)


def nodes(value):
    return [one.each(lambda key, inner: node(inner) if key == "value" else inner) for one in value]


def migrated(index, kind, text):
    """The parsed source that 1.2.0 reads."""
    document = parse(text)
    if index in ("topology", "deploymenttopology", "deployedtopologies"):
        def member(key, value):
            if key == "nodeTemplates":
                return nodes(value)
            if key == "originalNodes" and index != "topology":
                return value.each(lambda _, inner: node(inner))
            return value
        return document.each(member)
    if index == "locationresourcetemplate":
        return document.each(lambda key, value: node(value) if key == "template" else value)
    if index == "toscaelement":
        return document.each(lambda key, value: as_list(value) if key == "properties" else value)
    if index == "topologytemplate":
        return Pairs(pair for pair in document if pair[0] != "topologyId")
    if kind == "auditconfiguration":
        def methods(key, value):
            if key == "auditedMethods":
                return [Pairs(("signature" if name == "path" else name, inner)
                              for name, inner in one) for one in value]
            return value
        return document.each(methods)
    if index == "metapropconfiguration":
        return document.each(lambda key, value: Pairs([("value", value)])
                             if key == "default" and isinstance(value, str) else value)
    return document
