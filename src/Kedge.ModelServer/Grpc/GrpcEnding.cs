using System.IO.Pipelines;

namespace Kedge.ModelServer.Grpc;

/// <summary>
/// Tells a stream that the server ends: whoever waits for the next message is woken, and reads no more than what is
/// here already.
/// </summary>
internal struct GrpcEnding : IDisposable
{
    private readonly CancellationToken _token;
    private CancellationTokenRegistration _registration;

    internal GrpcEnding(CancellationToken token, PipeReader reader)
    {
        _token = token;
        _registration = token.UnsafeRegister(static state => ((PipeReader)state!).CancelPendingRead(), reader);
    }

    internal readonly bool HasCome => _token.IsCancellationRequested;

    public void Dispose() => _registration.Dispose();
}
