import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readOpcode } from '../model/index.ts';
import { createAccessControl } from './access-control.ts';
import type { AuthorizationRequest, Authorizer } from './authz/authorizer.ts';
import { optionsAuthorizer } from './authz/options-authorizer.ts';
import { watcherPrincipal } from './internal/internal-principals.ts';
import type { Principal } from './principal.ts';

const user = (more: Partial<Principal> = {}): Principal => ({ name: 'alice', scheme: 'users-file', groups: [], options: [], ...more });
const writer = user({ options: ['write'] });

const web1 = { uuid: 'i1', name: 'web1', tags: ['team:a'], primary_node: 'n1' };
let lookUps = 0;
const current = {
  instances: {
    find: (name: string) => {
      lookUps++;
      return name.toLowerCase() === 'web1' ? web1 : undefined;
    },
  },
  nodes: { get: () => undefined, find: () => undefined },
  groups: { get: () => undefined },
} as never;

function accessWith(authorizer: Authorizer) {
  const audit: unknown[] = [];
  const log = { warn: (facts: unknown, text: string) => audit.push([text, facts]) } as never;
  return {
    audit,
    access: createAccessControl({ authorizer, config: { current }, job: (id) => (id === 7 ? { user: 'bob' } : undefined), log }),
  };
}

const startup = readOpcode({ OP_ID: 'OP_INSTANCE_STARTUP', instance_name: 'Web1' });
const remove = readOpcode({ OP_ID: 'OP_INSTANCE_REMOVE', instance_name: 'web2' });
const after7 = (op: typeof startup) => ({ ...op, params: { ...op.params, depends: [[7, []]] } });

test('an authorizer gets the opcode with its parameters and its objects as they are now', async () => {
  const asked: AuthorizationRequest[] = [];
  const { access } = accessWith({
    decide: (request) => {
      asked.push(request);
      return { allowed: true };
    },
  });
  await access.requireOpcodes(writer, [startup, remove]);
  assert.deepEqual(
    asked.map((request) => [request.permission, request.opcode, request.objects]),
    [
      [
        'instance:startup',
        { id: 'OP_INSTANCE_STARTUP', params: { OP_ID: 'OP_INSTANCE_STARTUP', instance_name: 'Web1' } },
        [{ kind: 'instance', name: 'web1', uuid: 'i1', tags: ['team:a'] }],
      ],
      [
        'instance:remove',
        { id: 'OP_INSTANCE_REMOVE', params: { OP_ID: 'OP_INSTANCE_REMOVE', instance_name: 'web2' } },
        [{ kind: 'instance', name: 'web2', tags: [] }],
      ],
    ],
  );
});

test('objects are looked up only when the authorizer wants them, and once', async () => {
  lookUps = 0;
  await accessWith(optionsAuthorizer).access.requireOpcodes(writer, [startup]);
  assert.equal(lookUps, 0);
  const looks: Authorizer = { decide: ({ objects, ...request }) => ({ allowed: objects.length + (request.opcode ? 0 : 1) === 1 }) };
  await accessWith(looks).access.requireOpcodes(writer, [startup]);
  assert.equal(lookUps, 1);
});

test('a refusal without a reason says which permission is missing; it is audited with the names that the user gave', async () => {
  const { access, audit } = accessWith(optionsAuthorizer);
  await assert.rejects(access.requireOpcodes(user({ options: ['read'] }), [startup], 'a trace'), {
    code: 'API_FORBIDDEN',
    message: 'User alice lacks the permission instance:startup.',
  });
  const objects = [{ kind: 'instance', name: 'Web1' }];
  const line = { audit: true, trace: 'a trace', user: 'alice', permission: 'instance:startup', objects, decision: 'refused' };
  assert.deepEqual(audit, [['permission refused', line]]);
});

test('a reason is given to people and to the audit line', async () => {
  const reason = 'instance web1 belongs to team a';
  const { access, audit } = accessWith({ decide: async () => ({ allowed: false, reason }) });
  const wish = { permission: 'instance:query', objects: [{ kind: 'instance', name: 'web1' }] };
  await assert.rejects(access.require(writer, wish), {
    code: 'ACCESS_REFUSED',
    message: `User alice may not do this (instance:query): ${reason}.`,
  });
  const line = { audit: true, user: 'alice', ...wish, decision: 'refused', reason };
  assert.deepEqual(audit, [['permission refused', line]]);
});

test('all opcodes are decided on, and the first refusal ends it', async () => {
  const asked: string[] = [];
  const { access } = accessWith({
    decide: ({ permission }) => {
      asked.push(permission);
      return { allowed: permission !== 'instance:remove' };
    },
  });
  await assert.rejects(access.requireOpcodes(writer, [startup, remove, startup]), { code: 'API_FORBIDDEN' });
  assert.deepEqual(asked, ['instance:startup', 'instance:remove']);
});

test('an authorizer that fails allows nothing', async () => {
  const broken: Authorizer = {
    decide: () => {
      throw new Error('no answer');
    },
  };
  await assert.rejects(accessWith(broken).access.requireOpcodes(writer, [startup]), /no answer/);
});

test('who is limited to reading changes nothing, whatever the authorizer says', async () => {
  const { access } = accessWith({ decide: () => ({ allowed: true }) });
  const limited = user({ options: ['write'], limits: { readOnly: true } });
  for (const permission of ['instance:read', 'cluster:query']) await access.require(limited, { permission, objects: [] });
  for (const permission of ['instance:startup', 'instance:console', 'job:cancel', 'x:readwrite', 'x:read:write'])
    await assert.rejects(access.require(limited, { permission, objects: [] }), { code: 'ACCESS_REFUSED' }, permission);
  await assert.rejects(access.requireOpcodes(limited, [startup]), { code: 'ACCESS_REFUSED' });
});

test('the watcher may start instances and nothing else, and no authorizer changes this', async () => {
  for (const authorizer of [{ decide: () => ({ allowed: true }) }, { decide: () => ({ allowed: false }) }] as Authorizer[]) {
    const { access } = accessWith(authorizer);
    await access.requireOpcodes(watcherPrincipal, [startup]);
    await assert.rejects(access.requireOpcodes(watcherPrincipal, [remove]), { code: 'API_FORBIDDEN' });
    for (const permission of ['instance:read', 'cluster:query', 'job:cancel'])
      await assert.rejects(access.require(watcherPrincipal, { permission, objects: [] }), { code: 'API_FORBIDDEN' });
    assert.equal(access.visible(watcherPrincipal)?.('instance', web1), false);
  }
});

test('a user who is called like the watcher has the rights of the authorizer, and an unknown part of the master none', async () => {
  const { access } = accessWith(optionsAuthorizer);
  await access.requireOpcodes({ ...writer, name: watcherPrincipal.name }, [remove]);
  await assert.rejects(access.requireOpcodes({ ...writer, scheme: 'internal' }, [startup]), { code: 'API_FORBIDDEN' });
});

/** Shows what has the tag of a team, and jobs of the principal. */
const teamOnly: Authorizer = {
  decide: () => ({ allowed: true }),
  visible: (principal) =>
    principal.options.includes('write') ? undefined : ({ tags, owner }) => owner?.name === principal.name || tags.includes('team:a'),
};

test('rows are filtered by one predicate, and by none where all is visible', () => {
  assert.equal(accessWith(optionsAuthorizer).access.visible(user()), undefined);
  const { access } = accessWith(teamOnly);
  assert.equal(access.visible(writer), undefined);
  const sees = access.visible(user());
  const rows: [string, unknown, boolean | undefined][] = [
    ['instance', web1, true],
    ['instance', { ...web1, tags: [] }, false],
    ['job', { id: 7, user: 'alice' }, true],
    ['job', { id: 8, user: 'bob' }, false],
    ['job', { id: 9, user: 'alice', principal: { name: 'bob', scheme: 's', groups: [], options: [] } }, false],
    ['lock', { name: 'instance/web1' }, true],
    ['lock', { name: 'instance/web2' }, false],
    ['lock', { name: 'allocation/allocation' }, true],
    ['os', { name: 'debian' }, true],
  ];
  for (const [kind, row, visible] of rows) assert.equal(sees?.(kind, row), visible, `${kind} ${JSON.stringify(row)}`);
});

test('what a principal may not see cannot be named either, as if it did not exist', async () => {
  const hiding: Authorizer = { ...teamOnly, visible: () => () => false };
  const { access, audit } = accessWith(hiding);
  const wish = (permission: string, kind: string, name: string) => access.require(user(), { permission, objects: [{ kind, name }] });
  const unknown = { code: 'API_OBJECT_UNKNOWN', facts: { object: 'instance', name: 'WEB1' } };
  await assert.rejects(wish('instance:read', 'instance', 'WEB1'), unknown);
  await assert.rejects(wish('instance:startup', 'instance', 'WEB1'), unknown);
  await wish('instance:read', 'instance', 'web2');
  await assert.rejects(wish('job:cancel', 'job', '7'), { code: 'API_OBJECT_UNKNOWN' });
  await wish('job:read', 'job', '7');
  const refuses = (ops: Parameters<typeof access.requireOpcodes>[1], name: string) =>
    assert.rejects(access.requireOpcodes(user(), ops), { code: 'API_OBJECT_UNKNOWN', facts: { object: 'instance', name } });
  await refuses([startup], 'Web1');
  await refuses([remove], 'web2');
  await refuses([readOpcode({ OP_ID: 'OP_TEST_DELAY', duration: 0 }), startup, remove], 'Web1');
  await access.requireOpcodes(user(), [after7(startup), after7(remove)]);
  await access.requireOpcodes(watcherPrincipal, [startup]);
  await accessWith(teamOnly).access.require(user(), { permission: 'instance:read', objects: [{ kind: 'instance', name: 'web1' }] });
  assert.deepEqual(audit, []);
});
