import JSON

extension Spec {
    /// Refuses a spec that makes no sense.
    func check() throws(CompressionError) {
        try method.check(self)
        try method.formats.check(self)
        for key in method.neededKeys where key.canonical(self) == nil {
            throw .missingKey(key.name, allowed: key.allowed)
        }
        for key in SpecKey.all {
            try key.check(self)
            if !key.isCommon, !method.keys.contains(key), let value = key.canonical(self) {
                throw key.refusal(value.canonicalText, by: method)
            }
        }
    }
}
