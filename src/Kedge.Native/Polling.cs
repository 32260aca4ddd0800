using System.Runtime.InteropServices;

namespace Kedge.Native;

/// <summary>Waits until descriptors can be read, with <c>poll</c>: the calling thread blocks.</summary>
public static unsafe class Polling
{
    /// <summary>Descriptors in one wait, at most.</summary>
    public const int DescriptorsMax = 64;

    /// <summary>Waits until one of them is readable, at its end, or in error.</summary>
    /// <param name="descriptors">1..<see cref="DescriptorsMax"/> of them.</param>
    /// <param name="timeout">How long at most; null waits without end.</param>
    /// <returns>The index of the first that is ready, or -1 when the time is over.</returns>
    public static int WaitReadable(ReadOnlySpan<FileDescriptor> descriptors, TimeSpan? timeout)
    {
        Kedge.Core.Check.That(descriptors.Length is > 0 and <= DescriptorsMax);
        PollDescriptor* entries = stackalloc PollDescriptor[descriptors.Length];
        for (int i = 0; i < descriptors.Length; i++)
        {
            entries[i] = new PollDescriptor { Descriptor = descriptors[i].Number, Events = Libc.PollIn };
        }

        return Wait(entries, descriptors.Length, timeout);
    }

    /// <summary>Waits until this one is readable; false when the time is over.</summary>
    public static bool WaitReadable(FileDescriptor descriptor, TimeSpan? timeout)
    {
        PollDescriptor entry = new() { Descriptor = descriptor.Number, Events = Libc.PollIn };
        return Wait(&entry, 1, timeout) == 0;
    }

    private static int Wait(PollDescriptor* entries, int count, TimeSpan? timeout)
    {
        long started = TimeProvider.System.GetTimestamp();
        while (true)
        {
            int found = Libc.Poll(entries, (nuint)count, Remaining(started, timeout));
            if (found < 0 && Marshal.GetLastPInvokeError() != Libc.Interrupted)
            {
                throw NativeException.Last("poll");
            }

            for (int i = 0; found > 0 && i < count; i++)
            {
                if (entries[i].Returned != 0)
                {
                    return i;
                }
            }

            if (found >= 0)
            {
                return -1;
            }
        }
    }

    private static int Remaining(long started, TimeSpan? timeout)
    {
        if (timeout is null)
        {
            return -1;
        }

        double left = (timeout.Value - TimeProvider.System.GetElapsedTime(started)).TotalMilliseconds;
        return (int)Math.Clamp(Math.Ceiling(left), 0, int.MaxValue);
    }
}
