using System.Collections.Immutable;
using Kedge.Core.Errors;

namespace Kedge.Inference.Sessions;

/// <summary>A session whose classes have names. Owns the session within.</summary>
/// <param name="session">What computes.</param>
/// <param name="labels">Labels in UTF-8, the first for class 0.</param>
public sealed class LabelledSession(
    IInferenceSession session, ImmutableArray<ImmutableArray<byte>> labels) : IInferenceSession
{
    /// <inheritdoc/>
    public ModelSignature Signature { get; } = session.Signature with { Labels = labels };

    /// <inheritdoc/>
    public Finding? Run(InferenceCall call) => session.Run(call);

    /// <inheritdoc/>
    public bool MayLend => session.MayLend;

    /// <inheritdoc/>
    public bool TryLend(IThreadPoolWorkItem work) => session.TryLend(work);

    /// <inheritdoc/>
    public void Dispose() => session.Dispose();
}
