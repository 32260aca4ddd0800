using System.Runtime.ExceptionServices;
using System.Threading.Channels;
using Kedge.Core;

namespace Kedge.Agent.Loop;

/// <summary>
/// What waits for the loop: one reader, any number of writers. Everything that an operation, a timer or the link brings
/// is queued here and runs on the loop, so that state needs no lock. It cannot overflow: every outstanding operation
/// owns
/// a bounded number of entries, and their sum is far below the bound.
/// </summary>
internal sealed class Mailbox
{
    private readonly Channel<Action> _channel = Channel.CreateBounded<Action>(
        new BoundedChannelOptions(AgentLimits.MailboxMax)
        {
            SingleReader = true,
            FullMode = BoundedChannelFullMode.Wait,
        });

    /// <summary>True when something waits.</summary>
    internal bool HasWork => _channel.Reader.TryPeek(out _);

    internal void Post(Action action) => Check.That(_channel.Writer.TryWrite(action));

    internal bool TryTake(out Action? action) => _channel.Reader.TryRead(out action);

    internal ValueTask<bool> WaitAsync(CancellationToken cancel) => _channel.Reader.WaitToReadAsync(cancel);

    /// <summary>Starts an operation and queues what follows from its result. A fault is the loop's fault.</summary>
    internal void Run<T>(Func<CancellationToken, ValueTask<T>> operation, Action<T> then, CancellationToken cancel) =>
        _ = RunAsync(operation, then, cancel);

    /// <summary>Starts an operation that has no result.</summary>
    internal void Run(Func<CancellationToken, ValueTask> operation, Action? then, CancellationToken cancel) =>
        Run(
            async c =>
            {
                await operation(c).ConfigureAwait(false);
                return true;
            },
            _ => then?.Invoke(),
            cancel);

    private async Task RunAsync<T>(
        Func<CancellationToken, ValueTask<T>> operation, Action<T> then, CancellationToken cancel)
    {
        try
        {
            T result = await operation(cancel).ConfigureAwait(false);
            Post(() => then(result));
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
            // The agent stops: what this operation was for is begun again by the next start.
        }
        catch (Exception e)
        {
            Post(() => ExceptionDispatchInfo.Throw(e));
        }
    }
}
