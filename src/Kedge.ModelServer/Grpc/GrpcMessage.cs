using System.Buffers;
using System.IO.Pipelines;
using Kedge.Core.Errors;
using Kedge.ModelServer.Http;
using Kedge.ModelServer.Models;

namespace Kedge.ModelServer.Grpc;

/// <summary>
/// One message of a call, or why there is none. It lies where it came in when it came in one piece, else it was
/// copied together.
/// </summary>
internal readonly struct GrpcMessage
{
    private readonly PipeReader? _reader;
    private readonly ReadOnlySequence<byte> _piece;
    private readonly SequencePosition _end;
    private readonly bool _isCopied;
    private readonly BodyBuffer _buffer;

    private GrpcMessage(PipeReader reader, in ReadOnlySequence<byte> piece)
    {
        _reader = reader;
        _piece = piece;
        _end = piece.End;
    }

    private GrpcMessage(in BodyBuffer buffer)
    {
        _buffer = buffer;
        _isCopied = true;
    }

    /// <summary>The caller has sent its last message; this is none.</summary>
    internal static GrpcMessage End => new() { IsEnd = true };

    /// <summary>True when there is none and none will come.</summary>
    internal bool IsEnd { get; private init; }

    /// <summary>Why there is none; null when there is one, or at the end.</summary>
    internal Finding? Fault { get; private init; }

    internal ReadOnlySpan<byte> Bytes => _isCopied ? _buffer.Bytes : _piece.FirstSpan;

    /// <summary>The same where it does not move until it is released; else empty.</summary>
    internal Memory<byte> Lent => _buffer.Lent;

    /// <summary>
    /// A message that lies in one piece in what the reader holds; the reader moves on with its release.
    /// </summary>
    internal static GrpcMessage At(PipeReader reader, in ReadOnlySequence<byte> piece) => new(reader, piece);

    /// <summary>A message that was copied together, and is released with it.</summary>
    internal static GrpcMessage In(in BodyBuffer buffer) => new(buffer);

    internal static GrpcMessage Broken(Finding fault) => new() { Fault = fault };

    /// <summary>
    /// Lets go of the message, but for its bytes where a call may have tensors in them: these go with the run.
    /// </summary>
    internal void ReleaseTo(InferenceRun run)
    {
        if (Lent.IsEmpty)
        {
            Release();
        }
        else
        {
            run.Lent = _buffer; // It lies in no reader.
        }
    }

    /// <summary>Lets go of the message; its bytes are gone.</summary>
    internal void Release()
    {
        _reader?.AdvanceTo(_end);
        _buffer.Release();
    }
}
