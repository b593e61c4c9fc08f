/** Arrows choose and Enter takes; what is only guessed is taken once an arrow chose it, where that matters. */
import { mount } from '@vue/test-utils'
import { expect, test } from 'vitest'

import Picker from './Picker.vue'

const guess = { code: 'guess', sure: false }
const named = { code: 'named', sure: true }

async function press(options: { code: string; sure: boolean }[], careful: boolean, ...keys: string[]) {
  const picker = mount(Picker, {
    props: { id: 'x', label: 'x', picked: '', options, answered: '', modelValue: '', careful },
  })
  await picker.get('input').setValue('ab')
  await picker.setProps({ modelValue: 'ab', answered: 'ab', options: [...options] })
  for (const key of keys) await picker.get('input').trigger('keydown', { key })
  return (picker.emitted('pick') ?? []).map(([option]) => (option as { code: string }).code)
}

test('a guess must be chosen with an arrow key where that matters', async () => {
  expect(await press([guess, named], true, 'Enter')).toEqual([])
  expect(await press([guess, named], true, 'ArrowDown', 'Enter')).toEqual(['guess'])
  expect(await press([guess, named], true, 'ArrowUp', 'Enter')).toEqual(['named'])
  expect(await press([guess], false, 'Enter')).toEqual(['guess'])
  expect(await press([named, guess], true, 'Enter')).toEqual(['named'])
})
