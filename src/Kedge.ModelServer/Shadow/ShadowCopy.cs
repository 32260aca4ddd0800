using System.Buffers;

namespace Kedge.ModelServer.Shadow;

/// <summary>A request that was answered well and its answer, copied into one rented array.</summary>
internal sealed class ShadowCopy
{
    private readonly byte[] _bytes;
    private readonly int _requestBytes;
    private readonly int _answerBytes;

    internal ShadowCopy(
        string model, ReadOnlySpan<byte> request, int requestJsonBytes, ReadOnlySpan<byte> answer, int answerJsonBytes)
    {
        Model = model;
        RequestJsonBytes = requestJsonBytes;
        AnswerJsonBytes = answerJsonBytes;
        _requestBytes = request.Length;
        _answerBytes = answer.Length;
        _bytes = ArrayPool<byte>.Shared.Rent(Bytes);
        request.CopyTo(_bytes);
        answer.CopyTo(_bytes.AsSpan(_requestBytes));
    }

    /// <summary>The model that was asked.</summary>
    internal string Model { get; }

    /// <summary>How much of the request is JSON.</summary>
    internal int RequestJsonBytes { get; }

    /// <summary>How much of the answer is JSON.</summary>
    internal int AnswerJsonBytes { get; }

    /// <summary>Bytes of both together.</summary>
    internal int Bytes => _requestBytes + _answerBytes;

    internal ReadOnlyMemory<byte> Request => _bytes.AsMemory(0, _requestBytes);

    internal ReadOnlyMemory<byte> Answer => _bytes.AsMemory(_requestBytes, _answerBytes);

    /// <summary>Lets go of the bytes; called once.</summary>
    internal void Release() => ArrayPool<byte>.Shared.Return(_bytes);
}
