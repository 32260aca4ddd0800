namespace Kedge.ModelServer.Metrics;

/// <summary>When the parts of a run were done: timestamps of the process's clock.</summary>
/// <param name="Started">It began.</param>
/// <param name="Gathered">Inputs lay together.</param>
/// <param name="Inferred">The runtime had computed.</param>
/// <param name="Scattered">Outputs were taken apart.</param>
internal readonly record struct RunTimes(long Started, long Gathered, long Inferred, long Scattered);
