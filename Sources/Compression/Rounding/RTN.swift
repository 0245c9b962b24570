extension Method {
    /// Every weight goes to the nearest value of its group's grid.
    package static let rtn = Method(
        "rtn", title: "round to nearest",
        summary: "rounds each weight to the nearest number of its format; no data needed",
        formats: .anything, keys: [.scaleSearch, .importance])
}
