import assert from 'node:assert/strict';
import { test } from 'node:test';
import { renderTable } from './table.ts';

const columns = [{ title: 'Name' }, { title: 'Memory', right: true }, { title: 'Status' }];

test('columns are as wide as their widest cell, numbers to the right, no blanks at the end', () => {
  assert.deepEqual(
    renderTable(columns, [
      ['web1', '128M', 'running'],
      ['database', '4G', ''],
    ]),
    ['Name      Memory  Status', 'web1        128M  running', 'database      4G'],
  );
});

test('colours do not count as width', () => {
  assert.deepEqual(renderTable(columns.slice(0, 2), [['\u001b[32mab\u001b[39m', '1']], { headers: false }), ['\u001b[32mab\u001b[39m  1']);
});

test('a separator joins cells as they are', () => {
  assert.deepEqual(renderTable(columns, [['web1', '128', 'running']], { separator: ':', headers: false }), ['web1:128:running']);
});
