namespace Kedge.Core.Deployments;

/// <summary>One level of priority of a model.</summary>
/// <param name="QueueMax">Requests of this level that may wait; 0 for as many as the model allows.</param>
/// <param name="TimeoutUs">How long one of them may wait, in microseconds; 0 for the model's own.</param>
public sealed record PrioritySpec(int QueueMax, long TimeoutUs);
