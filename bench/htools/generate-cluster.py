#!/usr/bin/env python3
"""Writes a random, unbalanced cluster in the htools text format.

usage: generate-cluster.py NODES INSTANCES GROUPS SEED SKEW [drbd|ext] > cluster.data

SKEW 1 spreads instances evenly; 2 and more crowds them on the first nodes of each group.
Node: 256 GiB memory, 8 TiB disk, 64 CPUs. Instances: five sizes from 1 GiB/1 CPU to 16 GiB/8 CPUs.
"""
import random
import sys

nodes, insts, groups, seed = (int(x) for x in sys.argv[1:5])
skew = float(sys.argv[5])
template = sys.argv[6] if len(sys.argv) > 6 else "drbd"
R = random.Random(seed)
MEM, DISK, CPUS = 262144, 8 * 1024 * 1024, 64
SIZES = [(1024, 10240, 1), (2048, 20480, 1), (4096, 40960, 2), (8192, 81920, 4), (16384, 163840, 8)]

names = [(f"node-{i:05d}", i % groups) for i in range(nodes)]
by_group = {g: [n for n, gg in names if gg == g] for g in range(groups)}
used_mem = dict.fromkeys((n for n, _ in names), 0)
used_disk = dict.fromkeys((n for n, _ in names), 0)
lines = []
for j in range(insts):
    mem, disk, cpu = R.choices(SIZES, [30, 30, 20, 15, 5])[0]
    members = by_group[R.randrange(groups)]
    for _ in range(200):
        a = members[int(len(members) * R.random() ** skew)]
        b = members[int(len(members) * R.random() ** skew)]
        if a != b and used_mem[a] + mem < MEM * 0.9 and used_disk[a] + disk < DISK * 0.95 and used_disk[b] + disk < DISK * 0.95:
            break
    else:
        continue
    used_mem[a] += mem
    used_disk[a] += disk
    if template == "drbd":
        used_disk[b] += disk
    lines.append(f"inst-{j:06d}|{mem}|{disk}|{cpu}|running|Y|{a}|{b if template == 'drbd' else ''}|{template}||1|1")

print("\n".join(f"group-{g:02d}|fake-uuid-{g:02d}|preferred||" for g in range(groups)))
print()
print("\n".join(f"{n}|{MEM}|1024|{MEM - 1024 - used_mem[n]}|{DISK}|{DISK - used_disk[n]}|{CPUS}|N|fake-uuid-{g:02d}|1" for n, g in names))
print()
print("\n".join(lines))
print("\n")
print("|128,1,1024,1,1,1|1024,1,10240,1,1,1;131072,64,4194304,16,8,12|drbd,plain,ext|8.0|32.0")
