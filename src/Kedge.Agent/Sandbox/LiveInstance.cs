using System.Globalization;
using Kedge.Core.Device;
using Kedge.Native;

namespace Kedge.Agent.Sandbox;

/// <summary>A process of ours that lives, or has just ended.</summary>
internal sealed class LiveInstance(InstancePaths paths, ILauncher launcher, ChildProcess process) : IDisposable
{
    private readonly Lock _holding = new();
    private readonly TaskCompletionSource<Problem> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile bool _isFrozen;
    private volatile bool _isToPark;
    private bool _isLetGo;

    public InstancePaths Paths => paths;

    public ILauncher Launcher => launcher;

    public ChildProcess Process => process;

    /// <summary>Asks whether it still answers; null until that is asked first.</summary>
    public InstanceProbe? Probe { get; set; }

    /// <summary>Completes when nothing of it is left.</summary>
    public Task<Problem> Ended => _ended.Task;

    /// <summary>Why it is to end, when we asked for it; null when it ends by itself.</summary>
    public string? Asked { get; set; }

    /// <summary>True from the moment that it is to wait frozen until it is to accept again.</summary>
    public bool IsToPark
    {
        get => _isToPark;
        set => _isToPark = value;
    }

    /// <summary>True while it is frozen: it answers nothing. Changed under <see cref="Talking"/>.</summary>
    public bool IsFrozen => _isFrozen;

    /// <summary>Held while it is asked something, so that it is not frozen with the question open.</summary>
    public Lock Talking { get; } = new();

    /// <summary>Takes down that it was found frozen.</summary>
    public void WasFrozen() => (_isFrozen, _isToPark) = (true, true);

    /// <summary>Freezes or thaws it; false where that does not work.</summary>
    public bool SetFrozen(bool isFrozen)
    {
        bool done = launcher.SetFrozen(paths, process.Pid, isFrozen);
        _isFrozen = isFrozen && done;
        return done;
    }

    public void HasEnded(Problem problem) => _ended.TrySetResult(problem);

    /// <summary>How a process ended, for people.</summary>
    public static string HowItEnded(ProcessEnd? end) => end switch
    {
        { Exited: true } exited => string.Create(CultureInfo.InvariantCulture, $"ended with status {exited.Status}"),
        { Exited: false } killed => string.Create(CultureInfo.InvariantCulture, $"was ended by signal {killed.Status}"),
        null => "ended by itself",
    };

    /// <summary>True once the process has ended.</summary>
    public bool IsOver
    {
        get
        {
            lock (_holding)
            {
                return _isLetGo || process.HasEnded;
            }
        }
    }

    /// <summary>Ends the process. One that was let go of has ended; its descriptor may be another's by now.</summary>
    public void Kill()
    {
        lock (_holding)
        {
            if (!_isLetGo && process.Signal(9) && _isFrozen)
            {
                // On cgroup v1 what is frozen does not end.
                _ = SetFrozen(isFrozen: false);
            }
        }
    }

    /// <summary>Ends the process, and waits until nothing of it is left.</summary>
    public async Task EndAsync(CancellationToken cancel)
    {
        Asked ??= "stopped";
        Kill();
        _ = await Ended.WaitAsync(cancel).ConfigureAwait(false);
    }

    /// <summary>Ends the process when it has not ended by itself in time, unless that is no longer asked.</summary>
    public async Task KillLaterAsync(TimeSpan patience, TimeProvider time, CancellationToken cancel)
    {
        try
        {
            _ = await Ended.WaitAsync(patience, time, cancel).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            if (Asked is not null)
            {
                Kill();
            }
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
            // The agent ends; the next one drains what still drains.
        }
    }

    public void Dispose()
    {
        lock (_holding)
        {
            _isLetGo = true;
            process.Dispose();
        }
    }
}
