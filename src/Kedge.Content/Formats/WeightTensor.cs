namespace Kedge.Content.Formats;

/// <summary>A tensor of a file that holds weights and no graph. Never compared.</summary>
public sealed record WeightTensor
{
    /// <summary>Its name, used once in the file.</summary>
    public required string Name { get; init; }

    /// <summary>Its number format as a DNS label: <c>fp32</c>, <c>q4-k</c>.</summary>
    public required string Precision { get; init; }

    /// <summary>What its elements are when bytes are compared.</summary>
    public required ElementKind Element { get; init; }

    /// <summary>How many elements it has, 0 or above.</summary>
    public required long Elements { get; init; }

    /// <summary>Where its bytes begin in the file.</summary>
    public required long Offset { get; init; }

    /// <summary>How many bytes it has, 0 or above.</summary>
    public required long Bytes { get; init; }
}
