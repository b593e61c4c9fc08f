const zh = {
  desk: {
    candidates: '候选单位',
    earlier: '提供此项目 {a} 家 → 此档 {b} → 服务本区域 {c} → 现在可派 {d}',
    areaFirst: '选定社区后显示候选单位',
    nobody: '目前没有单位可派，派单后由值班长处理。',
    byRules: '按规则派单（不指定）',
    km: '{km} 公里',
    total: '{measure}共 {price}',
    load: '在办 {n}/{of}',
    closedNow: '现在休息',
    opensAt: '现在休息 · {time} 营业',
    more: '还有 {n} 家',
    rejected: '不派的 {n} 家及原因',
    map: '本区示意图',
    mapPlace: '求助地点：{place}',
    mapNote: '示意图：按社区和镇街的点位划分，不是行政界线',
    criterion: {
      distance: '距离 {score}',
      credit: '信用 {score}',
      record: '履约 {score}',
      load: '空闲 {score}',
      fairness: '公平 {score}',
      price: '价格 {score}',
    },
  },
}

const en: typeof zh = {
  desk: {
    candidates: 'Candidates',
    earlier: '{a} offer it → {b} at this tier → {c} in this area → {d} available now',
    areaFirst: 'Choose a place to see the candidates',
    nobody: 'No provider is available now. After dispatch a supervisor decides.',
    byRules: 'By the rules (no particular provider)',
    km: '{km} km',
    total: '{price} for {measure}',
    load: '{n} of {of} jobs',
    closedNow: 'closed now',
    opensAt: 'closed now · opens {time}',
    more: '{n} more',
    rejected: '{n} ruled out, and why',
    map: 'Sketch map of the district',
    mapPlace: 'Place: {place}',
    mapNote: 'Sketch based on known points, not official boundaries',
    criterion: {
      distance: 'distance {score}',
      credit: 'credit {score}',
      record: 'track record {score}',
      load: 'availability {score}',
      fairness: 'fair share {score}',
      price: 'price {score}',
    },
  },
}

export default { 'zh-CN': zh, en }
