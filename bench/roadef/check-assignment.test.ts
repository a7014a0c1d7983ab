import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { checkAssignment } from './check-assignment.ts';
import { readAssignment, readModel } from './read-model.ts';
import type { RoadefModel } from './roadef-model.ts';

const data = join(import.meta.dirname, 'testdata');
const model = await readModel(join(data, 'model_a0_0.txt'));
const initial = await readAssignment(join(data, 'assignment_a0_0.txt'), model);

test('the costs of the smallest instance, computed by hand', () => {
  // Machine 0 is 2 and 130 above its safety capacities, machine 3 is 2 above one; 20 × free of the first resource is 50
  // more than free of the second on machine 0, and 200 more on machine 2, which is empty. All weights are 10.
  const verdict = checkAssignment(model, initial, initial);
  assert.deepEqual(verdict, {
    problems: [],
    cost: 3840,
    costs: { load: 1340, balance: 2500, processMove: 0, serviceMove: 0, machineMove: 0 },
  });
});

test('the costs of moves, computed by hand', () => {
  // Process 1 goes from 3 to 2 (100, distance 2), process 2 from 0 to 1 (1, distance 1); each is of another service.
  const verdict = checkAssignment(model, initial, [0, 2, 1]);
  assert.deepEqual(verdict, {
    problems: [],
    cost: 2411,
    costs: { load: 400, balance: 1600, processMove: 101, serviceMove: 10, machineMove: 300 },
  });
});

const refused = (changes: Partial<RoadefModel>, assignment: readonly number[]) =>
  checkAssignment({ ...model, ...changes }, initial, assignment).problems;

test('refuses what is not there', () => {
  assert.deepEqual(refused({}, [0, 3]), ['2 processes are placed of 3']);
  assert.deepEqual(refused({}, [0, 4, 0]), ['process 1 is on machine 4, which does not exist']);
  assert.deepEqual(refused({}, [0, -1, 0.5]), [
    'process 1 is on machine -1, which does not exist',
    'process 2 is on machine 0.5, which does not exist',
  ]);
});

test('refuses a machine without room', () => {
  assert.deepEqual(refused({}, [0, 3, 3]), ['machine 3 uses 16 of 10 of resource 0', 'machine 3 uses 220 of 100 of resource 1']);
});

test('refuses room that is there only after the moves', () => {
  const transient = { resources: model.resources.map((resource) => ({ ...resource, transient: true })), balances: [] };
  const capacity = model.capacity.map((most, i) => (i === 6 ? 12 : most));
  assert.deepEqual(refused({ ...transient, capacity }, [3, 0, 0]), ['machine 3 uses 22 of 12 of resource 0 during the moves']);
  assert.deepEqual(refused({ balances: [], capacity }, [3, 0, 0]), []);
});

test('refuses two processes of a service on one machine', () => {
  assert.deepEqual(
    refused(
      {
        services: [
          { spread: 1, dependsOn: [] },
          { spread: 1, dependsOn: [] },
        ],
      },
      [0, 0, 1],
    ),
    ['processes 0 and 1 of service 0 are both on machine 0'],
  );
});

test('refuses a service in too few locations', () => {
  assert.deepEqual(refused({ capacity: model.capacity.map((most) => most * 2) }, [0, 1, 1]), [
    'service 0 is in 1 locations and must be in 2',
  ]);
});

test('refuses a service away from the one it depends on', () => {
  const roomy = { capacity: model.capacity.map((most) => most * 10) };
  assert.deepEqual(refused({ ...roomy, location: Int32Array.of(0, 5, 1, 2) }, [0, 1, 2]), [
    'service 1 is in neighbourhood 1 without service 0, on which it depends',
  ]);
});
