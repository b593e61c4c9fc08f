import { beforeEach, expect, test } from 'vitest'

import {
  barePhone,
  beginCall,
  bodyOf,
  chooseTier,
  emptyDraft,
  fillIn,
  helpedNumber,
  isTouched,
  leavePlace,
  linesOf,
  locate,
  missing,
  numberIn,
  PHONE,
  proposeTier,
  takeStored,
  told,
  usualOutcome,
} from './call'
import { type Community, type Item, reference } from '../reference'

const item = (facts: Partial<Item>) =>
  ({ code: 'PE02', zh: '下水道疏通', kind: 'service', tiers: ['paid'], asks: [], lines: [], ...facts }) as Item

beforeEach(() => {
  reference.items = new Map([['PE02', item({})]])
  reference.communities = new Map([['330203001001', {} as Community]])
  beginCall()
})

test.each([
  ['+86 139 5741 2345', '13957412345'],
  ['0086-13957412345', '13957412345'],
  ['8613957412345', '13957412345'],
  ['１３９－５７４１－２３４５', '13957412345'],
  ['139\u200b57412345', '13957412345'],
  ['013957412345', '13957412345'],
  ['（0574）8712 3456', '057487123456'],
  ['+86 (0)574 87123456', '057487123456'],
  ['+86 574 87123456', '057487123456'],
  ['86123456', '86123456'],
  ['0574-8765-1234', '057487651234'],
  ['87651234-801', '87651234,801'],
  ['87651234（801）', '87651234,801'],
  ['8765 1234 转 801', '87651234,801'],
  ['８７６５１２３４，８０１', '87651234,801'],
  ['0574-87651234 ext. 8', '057487651234,8'],
  ['400-820-8820', '4008208820'],
  ['+852 9123 4567', '+85291234567'],
])('%s is %s', (typed, bare) => expect(barePhone(typed)).toBe(bare))

test.each(['110', '12345', '95588', '4008208820', '+85291234567', '057487651234,8', '87651234'])(
  '%s is whole',
  (typed) => expect(PHONE.test(barePhone(typed))).toBe(true),
)
test.each(['', '1', '00000000000', '1395741', '11111111111', '100935'])('%s is not', (typed) =>
  expect(PHONE.test(barePhone(typed))).toBe(false),
)

test('without a number a dispatch needs a contact or is unannounced', () => {
  const draft = { ...emptyDraft('anonymous'), item: 'PE02', area: '330203001001' }
  expect([draft.phone, draft.withheld]).toEqual(['', true])
  expect([missing(draft, 'keep'), missing(draft, 'dispatch')]).toEqual([null, 'contactPhone'])
  expect(bodyOf({ ...draft, unannounced: true }, 'dispatch')).toMatchObject({ phone: null, unannounced: true })
  const given = { ...draft, unannounced: true, contactPhone: '13957412345' }
  const contact = { name: null, phone: '13957412345' }
  expect(bodyOf(given, 'dispatch')).toMatchObject({ phone: null, contact, unannounced: false })
  expect(missing({ ...emptyDraft('12345'), item: 'PE02', area: '330203001001' }, 'dispatch')).toBe('contactPhone')
})

test('the words typed for the item are sent with the suggestions', () => {
  const draft = { ...emptyDraft('13957412345'), item: 'PE02', area: '330203001001', suggested: ['PE01', 'PE02'] }
  expect(bodyOf(draft, 'keep').asked).toBeNull()
  const asked = { words: '下水道堵了', suggested: ['PE01', 'PE02'] }
  expect(bodyOf({ ...draft, said: ' 下水道堵了 ' }, 'keep').asked).toEqual(asked)
})

test('a call for somebody else names them and whom to call', () => {
  const draft = { ...emptyDraft('13957412345'), name: '王女士', item: 'PE02', area: '330203001001', forAnother: true }
  const mother = { ...draft, helpedName: '陈老太', helpedPhone: '8765-1234' }
  const helped = { name: '陈老太', phone: '87651234' }
  expect(helpedNumber(mother)).toBe('87651234')
  expect(helpedNumber(draft)).toBe('')
  expect(bodyOf(mother, 'dispatch')).toMatchObject({ phone: '13957412345', helped, contact: null, callback: null })
  const told = bodyOf({ ...mother, providerCalls: 'caller', calledBack: 'helped' }, 'dispatch')
  expect(told).toMatchObject({ contact: { name: '王女士', phone: '13957412345' }, callback: helped })
  expect(missing({ ...draft, helpedPhone: '12345' }, 'dispatch')).toBe('helpedPhone')
  expect(missing({ ...mother, phone: '', withheld: true }, 'dispatch')).toBeNull()
})

test('the first missing field that the outcome needs is named', () => {
  const draft = emptyDraft('1395741')
  expect(missing(draft, 'dispatch')).toBe('phone')
  draft.phone = '13957412345'
  expect(missing(draft, 'dispatch')).toBe('item')
  draft.item = 'PE02'
  expect(missing(draft, 'dispatch')).toBe('area')
  draft.area = '330203001001'
  expect(missing(draft, 'dispatch')).toBeNull()
  expect(missing(draft, 'answer')).toBe('answer')
  expect(missing(draft, 'relay')).toBe('relayTo')
})

test("a missing description becomes the caller's words or the item's name", () => {
  const draft = { ...emptyDraft('13957412345'), item: 'PE02', area: '330203001001', said: '下水道堵了' }
  expect(bodyOf(draft, 'dispatch').description).toBe('下水道堵了')
  expect(bodyOf({ ...draft, said: 'xsd' }, 'dispatch').description).toBe('下水道疏通')
  expect(bodyOf({ ...draft, description: ' 水倒灌到地上 ' }, 'dispatch').description).toBe('水倒灌到地上')
})

test('each kind of item has its usual outcome', () => {
  const outcomes = (['info', 'relay', 'service', 'volunteer'] as const).map((kind) => usualOutcome(item({ kind })))
  expect(outcomes).toEqual(['answer', 'relay', 'dispatch', 'dispatch'])
})

test('the lines of the item come first, by number or by name', () => {
  const gas = { number: null, zh: '燃气公司抢修', en: 'The gas company' }
  const fire = { number: '119', zh: '消防', en: 'Fire' }
  reference.items = new Map([
    ['UT03', item({ lines: [gas] })],
    ['UT10', item({ lines: [fire, gas] })],
  ])
  expect(linesOf(reference.items.get('UT03')).map(told)).toEqual(['燃气公司抢修', '119'])
})

test('recording and relaying need no place, a dispatch needs one that can be found', () => {
  const draft = { ...emptyDraft('13957412345'), item: 'PE02', relayTo: '12345' }
  expect([missing(draft, 'keep'), missing(draft, 'relay'), missing(draft, 'dispatch')]).toEqual([null, null, 'area'])
  expect(missing({ ...draft, area: '330203001' }, 'dispatch')).toBe('address')
  expect(missing({ ...draft, area: '330203001', address: '澄浪路88弄' }, 'dispatch')).toBeNull()
  const nobody = { ...draft, phone: '', withheld: true, unannounced: true, area: '330203001001' }
  expect(missing(nobody, 'dispatch')).toBe('address')
  expect(bodyOf({ ...draft, somewhere: '老电影院后面' }, 'keep')).toMatchObject({ area: null, address: '老电影院后面' })
})

test("only answers to the item's questions are sent", () => {
  const asks = [
    { code: 'blocked', zh: '哪里堵', en: 'Where', choices: [] },
    { code: 'overflow', zh: '漫出来了吗', en: 'Overflowing?', choices: [] },
  ]
  reference.items = new Map([['PE02', item({ asks })]])
  const draft = {
    ...emptyDraft('13957412345'),
    item: 'PE02',
    details: { blocked: ' 厨房 ', overflow: ' ', fuel: '95号' },
  }
  expect(bodyOf(draft, 'keep').details).toEqual([{ ask: 'blocked', answer: '厨房' }])
})

test("the sign # marks a request's number", () => {
  expect(numberIn('＃100935')).toBe('100935')
  expect(numberIn('13957412345')).toBeUndefined()
})

const found = (facts: object) =>
  ({
    kind: 'community',
    code: '1',
    zh: '澄浪社区',
    township_code: '0',
    community_code: '1',
    left_over: '',
    ...facts,
  }) as Parameters<typeof locate>[1]

test('the rest of the words becomes the address, after the name of the place', () => {
  const draft = emptyDraft('13957412345')
  locate(draft, found({ left_over: '3幢' }))
  expect([draft.area, draft.place, draft.address]).toEqual(['1', null, '3幢'])
  const square = found({
    kind: 'place',
    code: 'p',
    zh: '天一广场',
    township_code: '2',
    community_code: null,
    left_over: '3楼',
  })
  locate(draft, square)
  expect([draft.area, draft.place?.code, draft.address]).toEqual(['2', 'p', '天一广场3楼'])
  expect(bodyOf({ ...draft, item: 'PE02' }, 'dispatch')).toMatchObject({
    area: '2',
    place: 'p',
    address: '天一广场3楼',
  })
})

test('a typed address is never overwritten', () => {
  const draft = { ...emptyDraft('13957412345'), address: '5幢' }
  locate(draft, found({ left_over: '3幢' }))
  expect(draft.address).toBe('5幢')
})

test('a filled-in address is cleared with its area', () => {
  const draft = { ...emptyDraft('13957412345'), area: '9', address: '5幢', filled: '5幢' }
  locate(draft, found({ code: '9', community_code: '9' }))
  expect(draft.address).toBe('5幢')
  locate(draft, found({}))
  expect(draft.address).toBe('')
})

const card = { name: '王', community_code: '330203001001', address: '1 幢 2 室' }

test('the stored place is used until another is given, and returns only on request', () => {
  const draft = emptyDraft('13957412345')
  fillIn(draft, card)
  expect([draft.area, draft.address, draft.stored, isTouched(draft)]).toEqual([
    card.community_code,
    '1 幢 2 室',
    true,
    false,
  ])
  draft.somewhere = '天一广场'
  leavePlace(draft)
  fillIn(draft, card)
  expect([draft.area, draft.address, draft.stored]).toEqual(['', '', false])
  expect(bodyOf({ ...draft, item: 'PE02' }, 'keep')).toMatchObject({ area: null, address: '天一广场' })
  locate(draft, found({ left_over: '三楼' }))
  expect([draft.stored, draft.address, isTouched(draft)]).toEqual([false, '三楼', true])
  takeStored(draft, card)
  expect([draft.area, draft.address, draft.stored, draft.somewhere]).toEqual([
    card.community_code,
    '1 幢 2 室',
    true,
    '',
  ])
})

test('an address that was typed before the caller was known is not put into the stored community', () => {
  const draft = { ...emptyDraft('13957412345'), address: '中山西路 88 号' }
  fillIn(draft, card)
  expect([draft.area, draft.address, draft.stored, draft.name]).toEqual(['', '中山西路 88 号', false, '王'])
})

test('an address edited by hand is kept for another place', () => {
  const draft = emptyDraft('13957412345')
  fillIn(draft, card)
  draft.address = '1 幢 2 室，后门'
  leavePlace(draft)
  expect(draft.address).toBe('1 幢 2 室，后门')
})

test('the tier chosen by the operator stays for the item and the number', () => {
  const draft = { ...emptyDraft('13957412345'), item: 'PE02' }
  proposeTier(draft, 'low_fee')
  chooseTier(draft, 'paid')
  draft.pays = 'paid'
  proposeTier(draft, undefined) // taken back from among the parked, its openings are asked again
  proposeTier(draft, 'low_fee')
  expect([draft.tier, draft.pays]).toEqual(['paid', 'paid'])
  draft.phone = '13800574128'
  proposeTier(draft, 'free')
  expect([draft.tier, draft.pays]).toEqual(['free', ''])
})
