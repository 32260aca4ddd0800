using System.Buffers;
using System.IO.Pipelines;
using Kedge.Inference.Grpc;

namespace Kedge.ModelServer.Grpc;

/// <summary>
/// Tells a stream that the server ends: whoever waits for the next message is woken, and takes no more messages than
/// were here whole when it first saw that. A client that always has another one to send would never be told otherwise.
/// </summary>
internal sealed class GrpcEnding : IDisposable
{
    private readonly CancellationToken _token;
    private readonly CancellationTokenRegistration _registration;
    private int? _left;

    internal GrpcEnding(CancellationToken token, PipeReader reader)
    {
        _token = token;
        _registration = token.UnsafeRegister(static state => ((PipeReader)state!).CancelPendingRead(), reader);
    }

    internal bool HasCome => _token.IsCancellationRequested;

    /// <summary>True while another message may be taken.</summary>
    /// <param name="buffer">What is here and was not taken yet.</param>
    internal bool TakesMore(in ReadOnlySequence<byte> buffer)
    {
        if (!HasCome)
        {
            return true;
        }

        _left ??= CountWhole(buffer);
        return _left > 0;
    }

    /// <summary>One message was taken.</summary>
    internal void CountTaken() => _left--; // Null stays null: the end has not been seen.

    public void Dispose() => _registration.Dispose();

    private static int CountWhole(ReadOnlySequence<byte> buffer)
    {
        int whole = 0;
        while (GrpcFrame.TryReadHead(buffer, out _, out uint length)
            && buffer.Length - GrpcFrame.HeadBytes >= length)
        {
            whole++;
            buffer = buffer.Slice(GrpcFrame.HeadBytes + (long)length);
        }

        return whole;
    }
}
