/** The catalogue and the gazetteer, read once: for names of codes, the pickers and the map. */
import { shallowReactive } from 'vue'

import { answer, api, type Schemas } from '@/kit/api'
import { language, named, shownIn, t } from '@/kit/locale'
import { sameForm } from '@/kit/names'

export type Item = Schemas['ItemOut']
export type Community = Schemas['CommunityOut']
export type Township = Schemas['TownshipOut']
export type Line = Schemas['Line']
type Named = { code: string; zh: string; en: string }
type Danger = Omit<Schemas['HeardOut'], 'confidence'>

export const reference = shallowReactive({
  items: new Map<string, Item>(),
  categories: new Map<string, Named>(),
  groups: new Map<string, Named>(),
  townships: new Map<string, Township>(),
  communities: new Map<string, Community>(),
  dangers: new Map<string, Danger>(),
})

/** Read all of it. Throws Problem. */
export async function readReference(): Promise<boolean> {
  const [items, categories, groups, townships, communities, dangers] = await Promise.all([
    answer(api.GET('/api/v1/items')),
    answer(api.GET('/api/v1/categories')),
    answer(api.GET('/api/v1/groups')),
    answer(api.GET('/api/v1/townships')),
    answer(api.GET('/api/v1/communities')),
    answer(api.GET('/api/v1/dangers')),
  ])
  reference.items = byCode(items)
  reference.categories = byCode(categories)
  reference.groups = byCode(groups)
  reference.townships = byCode(townships)
  reference.communities = byCode(communities)
  reference.dangers = new Map(dangers.map(({ kind, approved }) => [kind, guideOf(kind, approved)]))
  return true
}

function guideOf(kind: Danger['kind'], { content, written_by }: Schemas['GuideVersionOut']): Danger {
  return { ...content, who: content.who ?? 'caller', kind, sample: !written_by }
}

function byCode<T extends { code: string }>(rows: readonly T[]): Map<string, T> {
  return new Map(rows.map((row) => [row.code, row]))
}

/** Return a community in the form of a place search's result. */
export function foundAs(community: Community): Schemas['PlaceFound'] {
  const { code, zh, pinyin, township_code } = community
  const { lat, lon } = pointOf(code) ?? { lat: 0, lon: 0 }
  return {
    kind: 'community',
    code,
    zh,
    en: pinyin,
    township_code,
    community_code: code,
    lat,
    lon,
    point_of: community.lat == null ? 'township' : 'community',
    confidence: 1,
    sure: true,
    found_in: zh,
    left_over: '',
    sample: false,
  }
}

export function dangerName(kind: Danger['kind']): string {
  const known = reference.dangers.get(kind)
  return named(known, kind)
}

/** Return the item's rule for operators, if any. `chinese` says that it has no translation into the screen's language. */
export function ruleOf(item: Item): { text: string; chinese: boolean } | null {
  if (!item.rule) return null
  const rule = { zh: item.rule, en: item.rule_en }
  return { text: named(rule), chinese: shownIn(rule) !== language() }
}

export function itemName(code: string): string {
  return named(reference.items.get(code), code)
}

/** Return the community with its township, or the township alone, or that the place is unknown. */
export function placeName(area: string | null): string {
  if (area === null) return t('desk.noPlace')
  const community = reference.communities.get(area)
  const township = reference.townships.get(community?.township_code ?? area)
  return [community?.zh, named(township, area)].filter(Boolean).join(' · ')
}

/** Return the area's point on the map: the township's for a community without one. */
export function pointOf(area: string): { lat: number; lon: number } | undefined {
  const community = reference.communities.get(area)
  if (community?.lat != null && community.lon != null) return { lat: community.lat, lon: community.lon }
  return reference.townships.get(community?.township_code ?? area)
}

/** Return communities whose name contains the text, or whose pinyin or initials begin with it, best match first. */
export function findCommunities(text: string, limit = 9): Community[] {
  const wanted = sameForm(text).replace(/'/g, '')
  if (!wanted) return []
  const rank = ({ zh, pinyin, initials }: Community) => {
    const name = sameForm(zh)
    if (initials === wanted || name.startsWith(wanted)) return 0
    if (sameForm(pinyin).replace(/'/g, '').startsWith(wanted)) return 1
    if (initials.startsWith(wanted)) return 2
    return name.includes(wanted) ? 3 : 9
  }
  return [...reference.communities.values()]
    .map((community) => ({ community, place: rank(community) }))
    .filter(({ place }) => place < 9)
    .sort((one, other) => one.place - other.place)
    .slice(0, limit)
    .map(({ community }) => community)
}
