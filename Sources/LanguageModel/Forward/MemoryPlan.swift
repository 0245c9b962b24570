/// How many windows go through the model at once, and how many through a layer at once, within a memory budget.
struct MemoryPlan: Equatable {
    /// Windows whose residual streams, of all variants, are held together.
    let windowsHeld: Int
    /// Windows of one variant that pass a layer together.
    let windowsPerChunk: Int
    /// Windows of all variants that pass the head together.
    let windowsPerHeadChunk: Int

    /// Rows beyond this no longer make the matrix products faster.
    static let usefulRows = 2048
    static let usefulHeadRows = 4096
    /// Rows that the head should have even where they need more memory than the layers.
    static let neededHeadRows = 1024

    init(
        _ description: DecoderDescription, variants: Int, context: Int, windows: Int, budget: Int
    ) throws(LanguageModelError) {
        let held = variants * description.width
        let chunk = Workspace.width(of: description)
        let head = HeadPass.width(of: description, variants: variants)
        func bytes(_ heldWindows: Int, _ passing: Int, _ scored: Int) -> Int {
            4 * context * (heldWindows * held + max(passing * chunk, scored * head))
        }
        let needed = bytes(1, 1, 1)
        guard needed <= budget else { throw .memoryBudget(given: budget, needed: needed) }
        var passing = max(1, min(windows, Self.usefulRows / context))
        while passing > 1, bytes(passing, passing, 1) > budget { passing -= 1 }
        // The head runs when the layers no longer need their memory: what fits there costs nothing.
        let free = max(Self.neededHeadRows / context, passing * chunk / max(1, head))
        var scored = max(1, min(windows, Self.usefulHeadRows / context, free))
        while scored > 1, bytes(scored, 1, scored) > budget { scored -= 1 }
        let left = budget - bytes(0, passing, scored)
        windowsHeld = min(windows, max(1, left / (4 * context * held)))
        windowsPerChunk = passing
        windowsPerHeadChunk = scored
    }
}
