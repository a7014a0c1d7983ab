import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { basename } from 'node:path';
import { test } from 'node:test';
import { validate } from '../validate.ts';
import { opcodeCatalogue, opcodeDefinition } from './catalogue.ts';
import { lockLevels, opcodeSummary } from './define-opcode.ts';
import { ganetiOperations } from './ganeti-operations.ts';
import { opcodes } from './opcodes.ts';

const files = readdirSync(import.meta.dirname, { recursive: true, encoding: 'utf8' }).map((path) => basename(path));

test('every opcode is complete and consistent', () => {
  const permissions = new Set<string>();
  const commands = new Set<string>();
  const routes = new Set<string>();
  for (const [id, opcode] of opcodeCatalogue) {
    assert.match(id, /^OP_[A-Z_]+$/);
    assert.ok(opcode.summary.length > 5 && !opcode.summary.endsWith('.'), id);
    assert.match(opcode.permission, /^[a-z]+:[a-z-]+$/, id);
    permissions.add(opcode.permission);
    const own = Object.keys(opcode.ownFields);
    if (opcode.subject) assert.ok(own.includes(opcode.subject), `${id}: subject`);
    const { cli } = opcode;
    if (cli) {
      assert.ok(!commands.has(cli.command.join(' ')), `${id}: command used twice`);
      commands.add(cli.command.join(' '));
      for (const param of [...(cli.args ?? []).map((arg) => arg.param), ...Object.keys(cli.flags ?? {})]) {
        assert.ok(own.includes(param), `${id}: the command line names ${param}, which is no parameter`);
      }
    }
    for (const route of opcode.rest ?? []) {
      assert.ok(!routes.has(`${route.method} ${route.path}`), `${id}: route used twice`);
      routes.add(`${route.method} ${route.path}`);
      for (const [, name] of route.path.matchAll(/\{(\w+)\}/g)) assert.ok(own.includes(name ?? ''), `${id}: path names ${name}`);
    }
  }
  assert.equal(permissions.size, opcodeCatalogue.size, 'each opcode has a permission of its own');
});

test('each opcode lies in a file that is called like it, with a test beside it', () => {
  for (const [name, { id }] of Object.entries(opcodes)) {
    const file = name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
    assert.equal(id, `OP_${file.replaceAll('-', '_').toUpperCase()}`);
    assert.ok(files.includes(`${file}.ts`) && files.includes(`${file}.test.ts`), `${file}.ts and ${file}.test.ts`);
  }
});

test('what an opcode touches is of a known kind', () => {
  const definition = opcodeDefinition('OP_INSTANCE_CREATE');
  const touches = definition.touches({ instance_name: 'web1', pnode: 'node1' });
  assert.ok(touches.every((touch) => lockLevels.includes(touch.kind)));
  assert.deepEqual(touches[0], { kind: 'instance', name: 'web1', mode: 'exclusive' });
});

test('unknown parameters and illegal names are refused', () => {
  const { params } = opcodeDefinition('OP_INSTANCE_CREATE');
  const good = { OP_ID: 'OP_INSTANCE_CREATE', instance_name: 'web1', dry_run: true };
  assert.equal(validate(params, good, 'x'), good);
  for (const bad of [
    { zork: 1 },
    { instance_name: 'a b' },
    { instance_name: '' },
    { instance_name: '../x' },
    { instance_name: '-x' },
    { disks: [{ size: 0 }] },
    { disks: [{ size: -5 }] },
  ]) {
    assert.throws(() => validate(params, { ...good, ...bad }, 'x'), JSON.stringify(bad));
  }
  assert.throws(() => opcodeDefinition('OP_NOTHING'));
});

test('the short form names the subject', () => {
  assert.equal(opcodeSummary(opcodeDefinition('OP_INSTANCE_CREATE'), { instance_name: 'web1' }), 'INSTANCE_CREATE(web1)');
  assert.equal(opcodeSummary(opcodeDefinition('OP_CLUSTER_VERIFY'), {}), 'CLUSTER_VERIFY');
  assert.equal(opcodeSummary(opcodeDefinition('OP_INSTANCE_CREATE'), {}), 'INSTANCE_CREATE');
  assert.equal(opcodeSummary(opcodeDefinition('OP_TEST_DELAY'), { duration: 0 }), 'TEST_DELAY(0)');
  const ofNodes = { ...opcodeDefinition('OP_GROUP_ASSIGN_NODES'), subject: 'nodes' };
  assert.equal(opcodeSummary(ofNodes, { nodes: ['n1', 'n2'] }), 'GROUP_ASSIGN_NODES(n1,n2)');
});

test("Ganeti's opcodes that this version does not have are told from those that do not exist", () => {
  const ids = ganetiOperations.flatMap(({ opcodes = [] }) => opcodes);
  assert.ok(ids.length > 25);
  for (const id of ids) {
    if (opcodeCatalogue.has(id)) assert.equal(opcodeDefinition(id).id, id);
    else assert.throws(() => opcodeDefinition(id), { code: 'API_NOT_YET' }, id);
  }
  assert.throws(() => opcodeDefinition('OP_NOTHING'), {
    facts: { subject: 'opcode', field: 'OP_ID', problem: '"OP_NOTHING" is not an opcode' },
  });
});

/** Ganeti 3.0 (source: Ganeti's `src/Ganeti/OpCodes.hs`), without "OP_". */
const ofGaneti = `
  BACKUP_EXPORT BACKUP_PREPARE BACKUP_REMOVE CLUSTER_ACTIVATE_MASTER_IP CLUSTER_CONFIG_QUERY CLUSTER_DEACTIVATE_MASTER_IP
  CLUSTER_DESTROY CLUSTER_POST_INIT CLUSTER_QUERY CLUSTER_REDIST_CONF CLUSTER_RENAME CLUSTER_RENEW_CRYPTO
  CLUSTER_REPAIR_DISK_SIZES CLUSTER_SET_PARAMS CLUSTER_VERIFY CLUSTER_VERIFY_CONFIG CLUSTER_VERIFY_DISKS
  CLUSTER_VERIFY_GROUP EXT_STORAGE_DIAGNOSE GROUP_ADD GROUP_ASSIGN_NODES GROUP_EVACUATE GROUP_REMOVE GROUP_RENAME
  GROUP_SET_PARAMS GROUP_VERIFY_DISKS INSTANCE_ACTIVATE_DISKS INSTANCE_CHANGE_GROUP INSTANCE_CONSOLE INSTANCE_CREATE
  INSTANCE_DEACTIVATE_DISKS INSTANCE_FAILOVER INSTANCE_GROW_DISK INSTANCE_MIGRATE INSTANCE_MOVE INSTANCE_MULTI_ALLOC
  INSTANCE_QUERY_DATA INSTANCE_REBOOT INSTANCE_RECREATE_DISKS INSTANCE_REINSTALL INSTANCE_REMOVE INSTANCE_RENAME
  INSTANCE_REPLACE_DISKS INSTANCE_SET_PARAMS INSTANCE_SHUTDOWN INSTANCE_STARTUP NETWORK_ADD NETWORK_CONNECT
  NETWORK_DISCONNECT NETWORK_REMOVE NETWORK_RENAME NETWORK_SET_PARAMS NODE_ADD NODE_EVACUATE NODE_MIGRATE
  NODE_MODIFY_STORAGE NODE_POWERCYCLE NODE_QUERY_STORAGE NODE_QUERYVOLS NODE_REMOVE NODE_SET_PARAMS OOB_COMMAND
  OS_DIAGNOSE QUERY QUERY_FIELDS REPAIR_NODE_STORAGE RESTRICTED_COMMAND TAGS_DEL TAGS_GET TAGS_SEARCH TAGS_SET
  TEST_ALLOCATOR TEST_DELAY TEST_DUMMY TEST_JQUEUE TEST_OS_PARAMS`;

test('every opcode of Ganeti is there, or is told to come later', () => {
  const later = new Set(ganetiOperations.flatMap(({ opcodes: ids = [] }) => ids));
  const missing = ofGaneti.match(/\w+/g)?.filter((name) => !opcodeCatalogue.has(`OP_${name}`) && !later.has(`OP_${name}`));
  assert.deepEqual(missing, []);
});
