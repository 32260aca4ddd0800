namespace Kedge.Agent.Http;

/// <summary>Takes the body of an answer as it arrives.</summary>
internal interface IBodySink
{
    /// <summary>Told the head before the first byte; false wants no body, and the connection is given up.</summary>
    ValueTask<bool> BeginAsync(HttpHead head, CancellationToken cancel);

    /// <summary>Takes the next bytes; false wants no more.</summary>
    ValueTask<bool> TakeAsync(ReadOnlyMemory<byte> piece, CancellationToken cancel);
}
