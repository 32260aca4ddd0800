using System.Buffers;
using System.IO.Pipelines;
using Kedge.Core.Errors;

namespace Kedge.ModelServer.Grpc;

/// <summary>
/// One message of a call, or why there is none. It lies where it came in when it came in one piece, else in a rented
/// array.
/// </summary>
internal readonly struct GrpcMessage
{
    private readonly PipeReader? _reader;
    private readonly ReadOnlySequence<byte> _piece;
    private readonly SequencePosition _end;
    private readonly byte[]? _rented;
    private readonly int _length;

    private GrpcMessage(PipeReader reader, in ReadOnlySequence<byte> piece)
    {
        _reader = reader;
        _piece = piece;
        _end = piece.End;
    }

    private GrpcMessage(byte[] rented, int length)
    {
        _rented = rented;
        _length = length;
    }

    /// <summary>The caller has sent its last message; this is none.</summary>
    internal static GrpcMessage End => new() { IsEnd = true };

    /// <summary>True when there is none and none will come.</summary>
    internal bool IsEnd { get; private init; }

    /// <summary>Why there is none; null when there is one, or at the end.</summary>
    internal Finding? Fault { get; private init; }

    internal ReadOnlySpan<byte> Bytes => _rented is null ? _piece.FirstSpan : _rented.AsSpan(0, _length);

    /// <summary>
    /// A message that lies in one piece in what the reader holds; the reader moves on with its release.
    /// </summary>
    internal static GrpcMessage At(PipeReader reader, in ReadOnlySequence<byte> piece) => new(reader, piece);

    /// <summary>A message in an array of the shared pool, which goes back there with its release.</summary>
    internal static GrpcMessage In(byte[] rented, int length) => new(rented, length);

    internal static GrpcMessage Broken(Finding fault) => new() { Fault = fault };

    /// <summary>Lets go of the message; its bytes are gone.</summary>
    internal void Release()
    {
        _reader?.AdvanceTo(_end);
        if (_rented is { Length: > 0 })
        {
            ArrayPool<byte>.Shared.Return(_rented);
        }
    }
}
