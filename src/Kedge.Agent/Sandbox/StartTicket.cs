namespace Kedge.Agent.Sandbox;

/// <summary>
/// A start that is under way and may be taken back: whoever stops an instance waits for its start to end first.
/// </summary>
internal sealed class StartTicket(CancellationToken outer) : IDisposable
{
    private readonly CancellationTokenSource _source = CancellationTokenSource.CreateLinkedTokenSource(outer);
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public CancellationToken Token => _source.Token;

    /// <summary>True when it was taken back, rather than the agent ending.</summary>
    public bool IsTakenBack { get; private set; }

    /// <summary>Takes it back; completes when nothing of it is under way any more.</summary>
    public async Task TakeBackAsync()
    {
        IsTakenBack = true;
        await _source.CancelAsync().ConfigureAwait(false);
        await _ended.Task.ConfigureAwait(false);
    }

    public void HasEnded() => _ended.TrySetResult();

    public void Dispose() => _source.Dispose();
}
