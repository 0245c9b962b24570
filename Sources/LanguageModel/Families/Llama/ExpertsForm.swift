import JSON

/// The experts that take the MLP's place in the layers of Llama's relatives.
struct ExpertsForm {
    var count: Int
    var perToken: Int
    /// The width of one expert.
    var intermediateSize: Int
    var weighting: ExpertWeighting
    /// The module inside a layer.
    var module = "mlp"
    var router = "gate"
    var routerBias = false
    var names = LlamaNames()
    /// The layers that have an MLP instead.
    var denseLayers: Set<Int> = []
    /// The width of an expert that all tokens go through.
    var sharedSize: Int?
    /// How one linear layer of each expert is both gate and up, for families that always store it so.
    var fusedGate: FusedGate?

    /// Reads the counts; refuses settings of a router that nothing here reads.
    init(
        _ settings: FamilySettings, count: Int, perToken: Int, sizeKey: String, size: Int, weighting: ExpertWeighting
    ) throws(LanguageModelError) {
        try settings.refuseUnknownRouterKeys()
        self.count = try settings.size("num_experts", "num_local_experts", default: count, atMost: 1 << 12)
        self.perToken = try settings.size("num_experts_per_tok", "experts_per_token", default: perToken)
        guard self.perToken <= self.count else {
            throw .setting(
                key: "num_experts_per_tok", found: "\(self.perToken)", expected: "at most the \(self.count) experts")
        }
        intermediateSize = try settings.size(sizeKey, default: size)
        self.weighting = weighting
    }

    /// The experts of a layer; nil for one that has an MLP instead.
    func feedForward(_ layer: String, index: Int, _ form: LlamaForm) -> FeedForward? {
        guard !denseLayers.contains(index) else { return nil }
        let module = "\(layer).\(module)"
        var named = form
        named.names = names
        // Transformers 5 may store gate and up of an expert together, as it computes with them.
        let isFused = fusedGate != nil || form.settings.hasModule("\(module).experts.0.gate_up_proj")
        if isFused { named.names.fusedMLP = "gate_up_proj" }
        var experts = (0..<count).map { named.mlp("\(module).experts.\($0).", inner: intermediateSize) }
        if let fusedGate {
            for index in experts.indices {
                experts[index].fusedGate = fusedGate
                experts[index].up.transposed = true
                experts[index].down.transposed = true
            }
        }
        return .experts(
            ExpertsDescription(
                router: LinearDescription(
                    module: "\(module).\(router)", inputs: form.width, outputs: count, bias: routerBias),
                perToken: perToken, weighting: weighting, experts: experts,
                shared: sharedSize.map { size in
                    SharedExpert(
                        mlp: form.mlp("\(module).shared_expert.", inner: size),
                        gate: LinearDescription(
                            module: "\(module).shared_expert_gate", inputs: form.width, outputs: 1))
                }))
    }
}

extension FamilySettings {
    /// Refuses settings that speak of routers or experts and that no family here reads.
    fileprivate func refuseUnknownRouterKeys() throws(LanguageModelError) {
        for member in json.members where Self.speaksOfExperts(member.key) && member.value != .null {
            guard member.value != false, !Self.expertKeys.contains(member.key) else { continue }
            throw .unsupported(
                key: member.key, found: member.value.canonicalText, supported: "absent, as nothing here reads it")
        }
    }

    private static func speaksOfExperts(_ key: String) -> Bool {
        ["router", "expert", "topk", "top_k_", "moe_", "scoring_func", "n_group", "routed"].contains {
            key.contains($0)
        }
    }

    private static let expertKeys: Set<String> = [
        "num_experts", "num_local_experts", "num_experts_per_tok", "experts_per_token", "norm_topk_prob",
        "moe_intermediate_size", "shared_expert_intermediate_size", "router_aux_loss_coef", "output_router_logits",
        "router_jitter_noise", "experts_implementation", "_experts_implementation",
    ]

    /// The layers without experts of Qwen's mixtures: all but every `decoder_sparse_step`-th, and those listed.
    func qwenDenseLayers(layerCount: Int) throws(LanguageModelError) -> Set<Int> {
        let step = try size("decoder_sparse_step", default: 1)
        let listed = json["mlp_only_layers"] ?? .null
        let indices = listed.array?.compactMap(\.int) ?? []
        guard listed == .null || listed.array?.count == indices.count else {
            throw .setting(
                key: "mlp_only_layers", found: listed.canonicalText, expected: "an array of layer numbers or null")
        }
        return Set(indices).union((0..<layerCount).filter { ($0 + 1) % step != 0 })
    }
}
