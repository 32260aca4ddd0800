namespace Kedge.Native;

/// <summary>
/// Wakes a thread that waits in <see cref="Polling"/>: an eventfd, which stays readable until cleared.
/// </summary>
public sealed unsafe class WakeSignal : IDisposable
{
    /// <summary>A signal that is not set.</summary>
    public WakeSignal() =>
        Descriptor = FileDescriptor.FromCall(Libc.EventDescriptor(0, 0x80000 | Libc.NonBlocking), "open an eventfd");

    /// <summary>What to wait for: readable while the signal is set.</summary>
    public FileDescriptor Descriptor { get; }

    /// <summary>Sets the signal. Safe from any thread; harmless when it is set already.</summary>
    public void Set()
    {
        ulong one = 1;
        _ = Libc.Write(Descriptor.Number, &one, sizeof(ulong));
    }

    /// <summary>Clears the signal.</summary>
    public void Clear()
    {
        ulong value;
        _ = Libc.Read(Descriptor.Number, &value, sizeof(ulong));
    }

    /// <inheritdoc/>
    public void Dispose() => Descriptor.Dispose();
}
