import { expect, test } from 'vitest'

import { switchTheme, theme } from './theme'

test('the device decides until somebody does, and again once they choose what it has', () => {
  expect(theme.value).toBe('light')
  switchTheme()
  expect([theme.value, localStorage.getItem('hotline.theme')]).toEqual(['dark', 'dark'])
  switchTheme()
  expect([theme.value, localStorage.getItem('hotline.theme')]).toEqual(['light', null])
})
