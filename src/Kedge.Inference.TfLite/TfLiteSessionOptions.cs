using System.Collections.Immutable;

namespace Kedge.Inference.TfLite;

/// <summary>How a model is loaded.</summary>
public sealed record TfLiteSessionOptions
{
    /// <summary>Requests that are computed at once, unless a session is told otherwise.</summary>
    public const int InterpretersDefault = 4;

    /// <summary>
    /// Threads that compute one request, 1..256; 0 for as many as the processors that this process may use.
    /// </summary>
    public int Threads { get; init; }

    /// <summary>
    /// Requests that are computed at once, 1..256: an interpreter each, made when it is first needed. One more waits.
    /// </summary>
    public int InterpretersMax { get; init; } = InterpretersDefault;

    /// <summary>What computes parts of a model instead of the library's own kernels, asked in this order.</summary>
    public ImmutableArray<TfLiteDelegate> Delegates { get; init; } = [];

    /// <summary>
    /// The native library; null looks in the usual places (<see cref="TfLiteLibrary.Candidates"/>).
    /// </summary>
    public string? LibraryPath { get; init; }
}
