namespace Kedge.Inference.Tracing;

/// <summary>
/// Decides request by request whether it is traced. A request that names a trace is traced exactly when its caller
/// records it; of the others one in every <see cref="TraceSetting.Rate"/>. Safe from any thread.
/// </summary>
public sealed class TraceSampler(TraceSetting setting)
{
    private long _seen;
    private long _taken;

    /// <summary>What it goes by, with what is left of its count.</summary>
    public TraceSetting Setting => setting.Count < 0
        ? setting
        : setting with { Count = Math.Max(setting.Count - Interlocked.Read(ref _taken), 0) };

    /// <summary>True when the request is traced.</summary>
    /// <param name="parent">The trace that it names; null for none.</param>
    /// <param name="isLogged">True when the trace is told in the log too.</param>
    public bool Takes(TraceParent? parent, out bool isLogged)
    {
        isLogged = false;
        if (!setting.IsOn)
        {
            return false;
        }

        bool isWanted = parent?.IsSampled ?? (Interlocked.Increment(ref _seen) - 1) % setting.Rate == 0;
        if (!isWanted)
        {
            return false;
        }

        long taken = Interlocked.Increment(ref _taken);
        if (setting.Count >= 0 && taken > setting.Count)
        {
            Interlocked.Decrement(ref _taken);
            return false;
        }

        isLogged = setting.LogFrequency > 0 && taken % setting.LogFrequency == 0;
        return true;
    }
}
