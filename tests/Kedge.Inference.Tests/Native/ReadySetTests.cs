using System.Net.Sockets;
using Kedge.Native;

namespace Kedge.Inference.Tests.Native;

public sealed class ReadySetTests
{
    [Fact]
    public void What_comes_is_told_once_with_its_key()
    {
        using ReadySet set = new();
        using SocketPair first = new();
        using SocketPair second = new();
        set.Watch(first.Near.SafeHandle, 7);
        set.Watch(second.Near.SafeHandle, 8);
        Assert.Empty(set.Wait(blocks: false).ToArray());
        _ = second.Far.Send("ab"u8);
        Assert.Equal([new ReadyEntry(8, HasEnded: false)], set.Wait(blocks: true).ToArray());
        Assert.Empty(set.Wait(blocks: false).ToArray()); // Although it was not read.
        _ = second.Far.Send("c"u8);
        _ = first.Far.Send("d"u8);
        List<int> told = [];
        while (told.Count < 2)
        {
            told.AddRange(set.Wait(blocks: true).ToArray().Select(static entry => entry.Key));
        }

        Assert.Equal([7, 8], told.Order());
    }

    [Fact]
    public void What_was_there_before_is_told_too()
    {
        using ReadySet set = new();
        using SocketPair pair = new();
        _ = pair.Far.Send("a"u8);
        set.Watch(pair.Near.SafeHandle, 0);
        Assert.Equal([new ReadyEntry(0, HasEnded: false)], set.Wait(blocks: true).ToArray());
    }

    [Fact]
    public void Whoever_sends_no_more_has_ended()
    {
        using ReadySet set = new();
        using SocketPair pair = new();
        set.Watch(pair.Near.SafeHandle, 3);
        pair.Far.Shutdown(SocketShutdown.Send);
        Assert.Equal([new ReadyEntry(3, HasEnded: true)], set.Wait(blocks: true).ToArray());
    }

    [Fact]
    public void Of_many_that_are_ready_the_others_come_with_the_next_wait()
    {
        using ReadySet set = new();
        SocketPair[] pairs = [.. Enumerable.Range(0, ReadySet.EntriesMax + 1).Select(static _ => new SocketPair())];
        for (int i = 0; i < pairs.Length; i++)
        {
            set.Watch(pairs[i].Near.SafeHandle, i);
            _ = pairs[i].Far.Send("a"u8);
        }

        List<int> told = [];
        while (told.Count < pairs.Length)
        {
            foreach (ReadyEntry entry in set.Wait(blocks: true))
            {
                told.Add(entry.Key);
            }
        }

        Assert.Equal(Enumerable.Range(0, pairs.Length), told.Order());
        Array.ForEach(pairs, static pair => pair.Dispose());
    }

    [Fact]
    public void Who_is_closed_is_forgotten_and_cannot_be_watched()
    {
        using ReadySet set = new();
        using SocketPair pair = new();
        SafeSocketHandle handle = pair.Near.SafeHandle;
        set.Watch(handle, 1);
        Assert.Throws<NativeException>(() => set.Watch(handle, 2)); // It is watched already.
        _ = pair.Far.Send("a"u8);
        pair.Near.Dispose();
        Assert.Empty(set.Wait(blocks: false).ToArray());
        Assert.Throws<ObjectDisposedException>(() => set.Watch(handle, 1));
    }
}
