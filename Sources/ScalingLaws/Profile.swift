extension Optimum {
    func addProfiles(to fit: inout Fit) throws(ScalingLawsError) {}
}
