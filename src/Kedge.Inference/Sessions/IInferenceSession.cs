using Kedge.Core.Errors;

namespace Kedge.Inference.Sessions;

/// <summary>
/// A loaded model: the border between the protocol and whatever computes. Drivers: ONNX Runtime, TensorFlow Lite, and
/// one
/// in memory for tests and the simulator; all pass one conformance suite. Safe to run from several threads at once,
/// each
/// with a call of its own. A run allocates no managed memory once the call's tensors have grown.
/// </summary>
public interface IInferenceSession : IDisposable
{
    /// <summary>What the model takes and gives.</summary>
    ModelSignature Signature { get; }

    /// <summary>
    /// Computes the wanted outputs of a call. Expects every input filled with the declared type; the shapes may still
    /// disagree with each other. Sets name, type, shape and elements of every wanted output.
    /// </summary>
    /// <returns>
    /// Null when it is done, else what the runtime said, or that <see cref="InferenceCall.Stop"/> ended it
    /// (KEDGE-SERVE-030); the outputs are then undefined.
    /// </returns>
    Finding? Run(InferenceCall call);

    /// <summary>
    /// True while a run is better led by a thread of the session's own than by its caller: such a thread may be had
    /// from <see cref="TryLend"/>, and work that has one keeps it.
    /// </summary>
    bool MayLend => false;

    /// <summary>
    /// Has a thread of the session's own execute <paramref name="work"/>, which runs this session, where its caller
    /// would only wait for such a thread. The work may begin, and end, before this returns. It must not wait for runs
    /// of other threads, and what it throws ends the process.
    /// </summary>
    /// <returns>False when nothing happens: the caller does the work itself.</returns>
    bool TryLend(IThreadPoolWorkItem work) => false;
}
