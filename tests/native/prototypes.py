#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""prototypes.py NUMBER: collect list's prototypes of so many functions, drawn at
random, have the arguments, names and types, that bpftool shows of the kernel's BTF."""
import json
import os
import random
import re
import subprocess
import sys

BTF = "/sys/kernel/btf/vmlinux"


def output(*words):
    return subprocess.run(words, stdout=subprocess.PIPE, check=True).stdout


class Btf:
    def __init__(self):
        self.types = {t["id"]: t for t in
                      json.loads(output("bpftool", "-j", "btf", "dump", "file", BTF))["types"]}
        self.functions = {}
        for t in self.types.values():
            if t["kind"] == "FUNC":
                self.functions.setdefault(t["name"], []).append(t["type_id"])

    def name(self, number):
        """A type's, or None of a pointer to a function and what is made of such."""
        if not number:
            return "void"
        t = self.types[number]
        kind = t["kind"]
        if kind == "PTR":
            to = self.name(t["type_id"])
            return to and to + ("*" if to.endswith("*") else " *")
        if kind in ("CONST", "VOLATILE", "RESTRICT"):
            of = self.name(t["type_id"])
            word = kind.lower()
            return of and (of + " " + word if of.endswith("*") else word + " " + of)
        if kind in ("STRUCT", "UNION", "ENUM", "ENUM64") and t["name"] != "(anon)":
            return kind.lower().replace("64", "") + " " + t["name"]
        if kind in ("INT", "TYPEDEF", "FLOAT"):
            return t["name"]
        return None

    def arguments(self, function):
        """(name, type) of each; None if the functions of the name differ."""
        seen = [[(p["name"], p["type_id"]) for p in self.types[proto]["params"]]
                for proto in self.functions[function]]
        return seen[0] if all(one == seen[0] for one in seen) else None


def split(text):
    """The parts between the commas outside of parentheses."""
    parts, depth = [""], 0
    for c in text:
        depth += (c == "(") - (c == ")")
        if c == "," and not depth:
            parts.append("")
        else:
            parts[-1] += c
    return [part.strip() for part in parts]


def listed(prototype, function):
    """(name, type) of each argument as printed; the type None of a function's."""
    inner = prototype[prototype.index(function + "(") + len(function) + 1:]
    depth = 1
    for end, c in enumerate(inner):
        depth += (c == "(") - (c == ")")
        if not depth:
            break
    found = []
    for part in split(inner[:end]):
        if part in ("void", "..."):
            continue
        pointer = re.search(r"\(\*(?:[* ]|const\b)*(\w+)(?:\)|\[)", part)
        plain = re.fullmatch(r"(.*?)(\w+)", part)
        assert pointer or plain, (prototype, part)
        if pointer:
            found.append((pointer.group(1), None))
        else:
            found.append((plain.group(2), plain.group(1).strip()))
    return found


def squeezed(name):
    return re.sub(r"\s+", "", name.replace("volatile const", "const volatile"))


def main():
    seed = int(os.environ.get("KPX_SEED") or random.randrange(1 << 30))
    print("KPX_SEED=%d" % seed)
    btf = Btf()
    ours = {f["name"]: f.get("prototype")
            for f in json.loads(output("collect", "list", "--json", "*"))["functions"]
            if "module" not in f}
    both = sorted(name for name in btf.functions
                  if ours.get(name) and btf.arguments(name) is not None)
    missing = [name for name in ours if not ours[name] and name in btf.functions
               and btf.arguments(name) is not None and len(btf.arguments(name)) <= 12]
    assert not missing, "without a prototype: %s" % missing[:10]
    chosen = random.Random(seed).sample(both, int(sys.argv[1]))
    types = 0
    for function in chosen:
        wanted = [(name, of) for name, of in btf.arguments(function) if of]
        got = listed(ours[function], function)
        names = [name if name != "(anon)" else "arg%d" % (i + 1)
                 for i, (name, _) in enumerate(wanted)]
        assert [name for name, _ in got] == names, (function, ours[function], wanted)
        for (name, printed), (_, of) in zip(got, wanted):
            of = btf.name(of)
            if printed is None or of is None:
                continue
            types += 1
            assert squeezed(printed) == squeezed(of), (function, name, printed, of)
    assert types > len(chosen), "only %d types were compared" % types
    print("%d functions, %d types" % (len(chosen), types))


main()
