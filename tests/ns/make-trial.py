#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
#
# make-trial - documents to report, as 'measure', 'run' and 'validate' keep them
#
#	make-trial.py KIND >FILE
#
#	run		one run of connections, alone (ovslab.run/1)
#	bursts		one run of bursts, alone
#	validate	12 pairs, one run of which does not count (ovslab.trial/1)
#	matrix		a baseline, a fix and 16 further cells, three runs each
#	hostile		like validate, with markup, long words and many lines wherever text is
#
# The figures are made up, from a fixed seed; sizes are those of real runs.

import json
import random
import sys

SCENARIO = '''ovslab-scenario: 1
name: first-psh
summary: the first packet with PSH of each connection is overtaken
about: |
  The first packet with PSH misses, and is overtaken.

  What follows it hits another megaflow.
references: ["ovs-fields(7), tcp_flags"]
affects: every version
bench: { switch: vm, datapath: kernel, ovs: trixie, kernel: trixie }
openflow: ["priority=0,actions=NORMAL"]
inject: ["psh --ratio 10"]
traffic: { kind: conns, connections: 40, bytes: 1MiB }
variants:
  baseline: { bench: { ovs: trixie } }
  fixed: { bench: { ovs: sid } }
%sexpect:
  - { metric: reordered, variant: baseline, at-least: 40 }
  - { metric: reordered, variant: fixed, at-most-ratio: 0.1 }
score: { metric: reordered }
'''


def figures(packets, reordered):
    buckets = [n for n in (reordered // 2, reordered // 4, reordered - reordered // 2 - reordered // 4) if n]
    return {
        'packets': packets, 'reordered': reordered, 'movers': reordered // 2, 'retransmitted': 12,
        'ingress_reordered': 0, 'lost': 0, 'lost_bytes': 0, 'duplicated_bytes': 0, 'unseen_bytes': 0,
        'estimated_cuts': 0, 'ingress_packets': packets, 'egress_packets': packets,
        'ingress_wire_packets': packets, 'egress_wire_packets': packets, 'ingress_bytes': packets * 1448,
        'egress_bytes': packets * 1448, 'ingress_psh': packets // 10, 'egress_psh': packets // 10,
        'ratio': reordered / packets,
        'extent': {'max': 5, 'packets': reordered, 'sum': 3 * reordered, 'mean': 3.0 if reordered else 0.0,
                   'buckets': [{'from': 1 << i, 'to': (2 << i) - 1, 'packets': n} for i, n in enumerate(buckets)]}}


def flow(i, reordered):
    return {'protocol': 'tcp', 'source': '198.18.0.1', 'source_port': 40000 + i, 'destination': '198.18.0.2',
            'destination_port': 9000, 'exact': True, 'first_psh': 'late' if reordered else 'in-order',
            'displacement_packets': 3, **figures(725, reordered)}


def events(reordered):
    return [{'flow': i % 40, 'start_byte': 1448 * i, 'end_byte': 1448 * (i + 1), 'packets': 1,
             'time_ns': 70000000 * i, 'extent': 3, 'late_time_ns': 900000 + 10000 * i, 'late': True,
             'moved': True, 'psh': True, 'displacement': 3, 'mangled': True} for i in range(reordered)]


def tap(packets):
    return {'packets': packets, 'wire_packets': packets, 'bytes': packets * 1448, 'psh': packets // 10,
            'late': 0, 'flows': 40}


def table():
    return {'mangled_moved': 29, 'mangled_not_moved': 2871, 'others_moved': 0, 'others_not_moved': 26100,
            'p_two_sided': 1e-30, 'p_greater': 1e-30, 'odds_ratio': None}


def upcalls(packets, late):
    """Of 400 packets that were upcalled most late ones are."""
    u = min(300, max(0, late - 3))
    t = {'p_two_sided': 1e-30, 'p_greater': 1e-30, 'odds_ratio': None}
    cells = {'upcalled_late': u, 'upcalled_not_late': 400 - u, 'others_late': late - u,
             'others_not_late': packets - 400 - (late - u), **t}
    return {'why_not': None, 'total': 400, 'actions': 0, 'lost': 0, 'late': cells,
            'moved': {k.replace('_late', '_moved'): v for k, v in cells.items()}, 'flows': cells}


def environment(sid):
    return {
        'ovslab_version': '0.1.0', 'ovs_version': '4.0.0' if sid else '3.5.0', 'ovs_package': None,
        'host_kernel': '6.18.0', 'guest_kernel': '6.1.0-40-cloud-amd64', 'qemu_version': '7.2.22',
        'libvirt_version': '9.0.0', 'offloads': 'on', 'vcpus': 1, 'memory_mib': 512,
        'switch': {'kernel': '7.2-amd64' if sid else '6.12.48+deb13-cloud-amd64', 'kernel_build': None,
                   'dispatch': 'per-cpu', 'handlers': 2, 'revalidators': 1,
                   'ovs_source': 'debian:sid' if sid else 'debian:trixie', 'kernel_source': 'debian:trixie',
                   'wire': 'bridge', 'vcpus': 2, 'memory_mib': 512},
        'restored': True, 'pinned': ['sw=0-1'], 'placed': ['irq=0', 'handlers=1,0'],
        'cpus': ['to-vm1=0', 'to-vm2=0', 'handler1=1', 'handler2=0'], 'before_run': ['purge-megaflows'],
        'flows': ['priority=100,tcp,in_port=1,tcp_flags=+psh actions=multipath(symmetric_l4,0,modulo_n,1,0,'
                  'NXM_NX_REG0[]),output:2', 'priority=0 actions=NORMAL'],
        'other_config': ['n-handler-threads=2'], 'commands': ['ovslab measure --json --events']}


def run(sid, reordered, mbps):
    packets = 29000
    return {
        'schema': 'ovslab.run/1', 'status': 'ok', 'throughput_bps': mbps * 1e6,
        'started_at': '2026-11-24T15:46:17Z', 'lab': 't-0a1b2c-0', 'switch': 'vm', 'datapath': 'kernel',
        'accel': 'tcg',
        'traffic': {'kind': 'conns', 'streams': 0, 'seconds': 8.1, 'connections': 40,
                    'connection_bytes': 1 << 20, 'bursts': None, 'connect': None},
        'throughput_intervals': [{'start_s': float(i), 'seconds': 1.0, 'throughput_bps': mbps * 1e6 * f}
                                 for i, f in enumerate((1.1, .9, 1.2, 1.0, .7, 1.1, 1.0, 1.0))],
        'reorder': {**figures(packets, reordered), 'flows': 40, 'flows_reordered': min(40, reordered),
                    'exact': True, 'source': 'probes',
                    'first_psh': {'flows': 40, 'late': min(40, reordered), 'early': 0,
                                  'max_displacement_packets': 9, 'moved': min(40, reordered)},
                    'per_flow': [flow(i, int(i < reordered)) for i in range(40)]},
        'events': {'recorded': 7000, 'dropped': 0, 'flows_saturated': 0, 'saturated': False,
                   'ingress': tap(packets), 'egress': tap(packets), 'omitted': 0, 'list': events(reordered)},
        'attribution': {'by': 'psh', 'packets': table(), 'flows': table()},
        'upcalls': upcalls(packets, reordered),
        'psh_share': {'ingress': .1, 'egress': .1},
        'injections': [{'kind': 'psh', 'place': 'vm1:egress', 'spec': 'psh --ratio 10', 'seen': 29100,
                        'eligible': 29000, 'already': 818, 'mangled': 2900, 'cleared': 0, 'failed': 0,
                        'connections': 0, 'untracked': 0, 'saturated': False, 'logs': False, 'logged': 0,
                        'logged_lost': 0}],
        'also_injected': [], 'tcp': {'sender': {'RetransSegs': 12}, 'receiver': {'TCPOFOQueue': 62}},
        'switch_counters': {'known': True, 'hit': 16224, 'missed': 99, 'lost': 0, 'upcalls': 99,
                            'coverage': {'xlate_actions': 262}},
        'openflow': {'cookie_packets': 0}, 'connect': None, 'environment': environment(sid), 'notes': []}


def bursts():
    r = run(False, 704, 0)
    r['traffic'] = {'kind': 'bursts', 'streams': 0, 'seconds': 2.1, 'connections': 0, 'connection_bytes': 0,
                    'bursts': {'cycles': 10, 'flows': 2, 'packets': 100, 'payload_bytes': 64,
                               'stall': 'vswitchd'}, 'connect': None}
    r['throughput_intervals'], r['reorder']['source'], r['injections'] = [], 'capture', []
    return r


def trial(mode, cells, runs, scenario):
    return {'schema': 'ovslab.trial/1', 'mode': mode, 'started_at': '2026-11-24T15:50:00Z',
            'ovslab_version': '0.1.0', 'command': 'ovslab validate @first-psh --seed 4711', 'seed': 4711,
            'budget_s': 0.0, 'elapsed_s': 96.4, 'judge_throughput': False, 'finished': True, 'ended_by': None,
            'scenario': {'source': '@first-psh', 'text': scenario, 'sets': ['fixed.ovs=dir:/home/me/my tree']},
            'cells': cells, 'runs': runs, 'notes': ['a note']}


def entry(cell, pair, second, at, r):
    return {'cell': cell, 'pair': pair, 'second': second, 'started_s': at, 'seconds': 8.5, 'run': r}


def validate():
    runs = []
    for pair in range(12):
        order = [0, 1] if random.random() < .5 else [1, 0]
        for cell in order:
            r = run(cell == 1, random.randrange(0, 3) if cell else random.randrange(90, 180),
                    random.uniform(55, 65))
            if pair == 5 and cell == 1:
                r['status'] = 'injections-changed'
                r['notes'] = ['psh at vm1:egress went away during the run']
            runs.append(entry(cell, pair, cell == order[1], 8.5 * len(runs), r))
    return trial('validate', ['baseline', 'fixed'], runs, SCENARIO % '')


def matrix():
    names = ['cell-%d' % i for i in range(16)]
    text = SCENARIO % ('matrix:\n' + ''.join('  %s: { ovs: { other_config: { n-handler-threads: "%d" } } }\n' % (n, i + 1)
                                         for i, n in enumerate(names)))
    runs = [entry(c, k, False, 8.5 * (3 * c + k), run(c > 0, 0 if c % 3 else 120 + c, 50 + c))
            for c in range(18) for k in range(3)]
    return trial('run', ['baseline', 'fixed'] + names, runs, text)


EVIL = '</pre></td></style><script>alert(1)</script>"\' onload=x <img src=http://198.18.0.9/x>&#60;b '


def poison(node, keep):
    if isinstance(node, dict):
        return {k: v if k in keep else poison(v, keep) for k, v in node.items()}
    if isinstance(node, list):
        texts = node and all(isinstance(v, str) for v in node)
        return [EVIL * 3, 'W' * 2000] * 30 if texts else [poison(v, keep) for v in node]
    if isinstance(node, str):
        return EVIL + 'W' * 300
    return node


def hostile():
    doc = validate()
    keep = {'schema', 'mode', 'status', 'accel', 'source', 'by', 'protocol', 'destination', 'first_psh',
            'cells', 'tcp', 'coverage', 'per_flow', 'list', 'scenario'}
    doc = poison({**doc, 'runs': doc['runs'][:4]}, keep)
    doc['scenario'] = {**doc['scenario'], 'source': EVIL, 'sets': ['fixed.ovs=dir:/' + EVIL],
                       'text': SCENARIO % '' + '# ' + EVIL * 20 + 'W' * 5000 + '\n'}
    return doc


random.seed(11)
kinds = {'run': lambda: run(False, 107, 60), 'bursts': bursts, 'validate': validate, 'matrix': matrix,
         'hostile': hostile}
json.dump(kinds[sys.argv[1]](), sys.stdout)
