using Microsoft.Extensions.Logging;

namespace Kedge.ControlPlane.Loops;

/// <summary>
/// Runs a loop until the server stops: woken by its signal and by a period. It takes no argument about what changed,
/// and does not retry inside: a failed run is logged once, and the next activation is the retry.
/// </summary>
public sealed partial class LoopRunner(TimeProvider time, ILogger log)
{
    /// <summary>Runs one loop.</summary>
    /// <param name="name">Its name, for the log.</param>
    /// <param name="wakeup">What wakes it.</param>
    /// <param name="period">How long it sleeps at most.</param>
    /// <param name="runOnce">One activation.</param>
    /// <param name="ct">Ends the loop.</param>
    public async Task RunAsync(
        string name, Wakeup wakeup, TimeSpan period, Func<CancellationToken, ValueTask> runOnce, CancellationToken ct)
    {
        while (!ct.IsCancellationRequested)
        {
            TimeSpan wait = period;
            try
            {
                await runOnce(ct).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (ct.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e)
            {
                // The outermost place: whatever one run met, the next one starts from the store again.
                LoopFailed(name, e);
                wait = ServerLimits.LoopPause;
                wakeup.Reset();
            }

            try
            {
                await wakeup.WaitAsync(wait, time, ct).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (ct.IsCancellationRequested)
            {
                return;
            }
        }
    }

    [LoggerMessage(EventIds.LoopFailed, LogLevel.Error, "Loop {Loop} failed; it runs again")]
    private partial void LoopFailed(string loop, Exception exception);
}
