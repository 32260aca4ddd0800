namespace Kedge.Onnx.Rewriting;

/// <summary>What became of one weight.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Treatment">How it is stored and used now.</param>
/// <param name="Elements">How many elements it has.</param>
/// <param name="Reason">Why it was kept as it was; empty where it was not.</param>
public sealed record WeightReport(string Name, WeightTreatment Treatment, long Elements, string Reason);
