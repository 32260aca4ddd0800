namespace Kedge.Bench.Content;

/// <summary>A model that comes to a device.</summary>
/// <param name="Name">As in the results.</param>
/// <param name="What">For people: what changed.</param>
/// <param name="Base">The model that the device has; null for none.</param>
/// <param name="Target">The model that it is to have.</param>
internal sealed record Scenario(string Name, string What, ModelPath? Base, ModelPath Target)
{
    /// <summary>How much of the weights' deviation was added as noise; 0 for no noise.</summary>
    public double Noise { get; init; }

    /// <summary>The part of held-out signals that the target names rightly, 0..1.</summary>
    public double Accuracy { get; init; }
}

/// <summary>A model file with its golden samples.</summary>
/// <param name="File">The model.</param>
/// <param name="Golden">Its golden samples.</param>
internal sealed record ModelPath(string File, string Golden);
