"""Asks the kernel about many tables: one JSON line in ({"rules", "node", "flows", "n"}), one out, each.

    bench.py FOLDER_OF_ORACLE BACKEND
"""
import json
import resource
import sys

sys.path.insert(0, sys.argv[1])
import oracle  # noqa: E402

resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
backend, bench, node = sys.argv[2], None, None
for line in sys.stdin:
    ask = json.loads(line)
    try:
        if bench is None or node != ask["node"]:
            if bench:
                bench.close()
            bench, node = None, ask["node"]
            bench = oracle.Bench(ask["rules"], node, backend)
        else:
            bench.rules = ask["rules"]
            with bench.node:
                bench._sets()
                bench.load()
        with bench.node:
            save = oracle.sh(bench.tool + "-save")
        start = oracle.softnet_drops()
        flows = [{**flow, **bench.run(at, flow, ask["n"], True)} for at, flow in enumerate(ask["flows"])]
        lost = bench.losses() + oracle.softnet_drops() - start
        answer = {"save": save, "family": bench.fam, "flows": flows, "lost": lost}
    except RuntimeError as refused:
        answer = {"refused": str(refused)}
    print(json.dumps(answer), flush=True)
