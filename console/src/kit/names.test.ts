import { expect, test } from 'vitest'

import { sameForm } from './names'

test('all writings of a name share one form', () => {
  const writings = ['段塘(东)社区Ａ', '段塘（东）社区a', ' 段塘 【东】社区A ', '段\u200b塘〔东〕社区\ufeffA']
  expect(new Set(writings.map(sameForm))).toEqual(new Set(['段塘(东)社区a']))
})
