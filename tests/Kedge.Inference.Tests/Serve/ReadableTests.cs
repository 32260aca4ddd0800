using System.Net.Sockets;
using Kedge.Inference.Tests.Native;
using Kedge.ModelServer.Http;

namespace Kedge.Inference.Tests.Serve;

public sealed class ReadableTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private readonly ReadingThread _thread = ReadingThread.Start();

    [Fact]
    public async Task What_comes_is_read_on_the_thread_whether_it_came_before_the_wait_or_after()
    {
        using SocketPair pair = new();
        Readable readable = Of(pair);
        _ = pair.Far.Send("before"u8);
        TaskCompletionSource<(bool IsHere, int Bytes)> first = new(TaskCreationOptions.RunContinuationsAsynchronously);
        TaskCompletionSource<(bool IsHere, int Bytes)> second = new(TaskCreationOptions.RunContinuationsAsynchronously);
        _ = ReadTwiceAsync(readable, pair.Near, first, second);
        Assert.Equal((true, 6), await first.Task.WaitAsync(Patience));
        _ = pair.Far.Send("after"u8);
        Assert.Equal((true, 5), await second.Task.WaitAsync(Patience));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Whoever_waits_goes_on_when_it_ends_here(bool isClosedBefore)
    {
        using SocketPair pair = new();
        Readable readable = Of(pair);
        if (isClosedBefore)
        {
            pair.Near.Dispose();
        }

        Task waiting = WaitAsync(readable);
        if (!isClosedBefore)
        {
            Assert.False(waiting.IsCompleted);
            pair.Near.Dispose();
            readable.End();
        }

        await waiting.WaitAsync(Patience);
        Assert.True(readable.HasEnded);
        Assert.True(readable.TryTake());
        await WaitAsync(readable).WaitAsync(Patience);
    }

    [Fact]
    public async Task The_end_of_the_peer_is_told()
    {
        using SocketPair pair = new();
        Readable readable = Of(pair);
        Task waiting = WaitAsync(readable);
        pair.Far.Shutdown(SocketShutdown.Send);
        await waiting.WaitAsync(Patience);
        Assert.True(readable.HasEnded);
        Assert.Equal(0, pair.Near.Receive(new byte[1]));
    }

    [Fact]
    public async Task Nothing_is_lost_whoever_reads_where()
    {
        const int Connections = 8;
        const int Bytes = 50_000;
        SocketPair[] pairs = [.. Enumerable.Range(0, Connections).Select(static _ => new SocketPair())];
        Task<int>[] reads = [.. pairs.Select((pair, i) => CountAsync(Of(pair), pair.Near, new Random(i)))];
        Thread[] writers = [.. pairs.Select((pair, i) => new Thread(() =>
        {
            Random random = new(i);
            for (int sent = 0; sent < Bytes;)
            {
                sent += pair.Far.Send(new byte[Math.Min(random.Next(1, 200), Bytes - sent)]);
                if (random.Next(4) == 0)
                {
                    Thread.Yield();
                }
            }

            pair.Far.Shutdown(SocketShutdown.Send);
        }))];
        Array.ForEach(writers, static writer => writer.Start());
        Array.ForEach(writers, static writer => writer.Join());
        Assert.All(await Task.WhenAll(reads).WaitAsync(Patience), static count => Assert.Equal(Bytes, count));
        Array.ForEach(pairs, static pair => pair.Dispose());
    }

    [Fact]
    public async Task Who_asks_again_at_once_does_not_keep_others_waiting()
    {
        const int Questions = 1000;
        using SocketPair eager = new();
        using SocketPair patient = new();
        int order = 0;
        TaskCompletionSource begin = new();
        TaskCompletionSource<int> place = new(TaskCreationOptions.RunContinuationsAsynchronously);

        // The next question of the one is there before its last answer is done.
        _ = AnswerAsync(Of(eager), eager.Near, () =>
        {
            if (order++ == 0)
            {
                begin.SetResult(); // Held until the other's question is there too.
                Assert.True(SpinWait.SpinUntil(() => patient.Near.Available > 0, Patience));
            }

            _ = eager.Far.Send("e"u8);
            return order < Questions;
        });
        _ = AnswerAsync(Of(patient), patient.Near, () =>
        {
            place.SetResult(order);
            return false;
        });
        _ = eager.Far.Send("e"u8);
        await begin.Task.WaitAsync(Patience);
        _ = patient.Far.Send("p"u8);
        Assert.InRange(await place.Task.WaitAsync(Patience), 1, 2);
    }

    [Fact]
    public async Task The_end_of_one_is_not_told_to_another_that_has_its_place()
    {
        using SocketPair first = new();
        using SocketPair second = new();
        using SocketPair gone = new();
        using SocketPair next = new();
        using SemaphoreSlim held = new(0);
        using SemaphoreSlim going = new(0);
        bool Hold()
        {
            held.Release();
            return going.Wait(Patience) && false;
        }

        // Two that hold the thread, one after the other: what comes behind the second is heard in the same wait.
        _ = AnswerAsync(Of(first), first.Near, Hold);
        _ = AnswerAsync(Of(second), second.Near, Hold);
        Readable ended = Of(gone);
        _ = WaitAsync(ended);
        _ = first.Far.Send("a"u8);
        Assert.True(await held.WaitAsync(Patience));
        _ = second.Far.Send("b"u8);
        Assert.True(SpinWait.SpinUntil(() => second.Near.Available > 0, Patience));
        gone.Far.Shutdown(SocketShutdown.Send);
        Assert.True(SpinWait.SpinUntil(() => gone.Near.Poll(0, SelectMode.SelectRead), Patience));
        going.Release();
        Assert.True(await held.WaitAsync(Patience));
        gone.Near.Dispose();
        ended.End();
        Readable other = Of(next);
        Task waiting = WaitAsync(other);
        going.Release();
        _ = next.Far.Send("c"u8);
        await waiting.WaitAsync(Patience);
        Assert.False(other.HasEnded);
        Assert.Equal(1, next.Near.Receive(new byte[2]));
    }

    [Fact]
    public async Task A_wait_allocates_nothing()
    {
        const int Questions = 2000;
        using SocketPair pair = new();
        long[] allocated = new long[2];
        int answered = 0;
        TaskCompletionSource end = new(TaskCreationOptions.RunContinuationsAsynchronously);
        _ = AnswerAsync(Of(pair), pair.Near, () =>
        {
            allocated[answered == Questions / 2 ? 0 : 1] = GC.GetAllocatedBytesForCurrentThread();
            if (++answered == Questions)
            {
                end.SetResult();
                return false;
            }

            _ = pair.Far.Send("q"u8);
            return true;
        });
        _ = pair.Far.Send("q"u8);
        await end.Task.WaitAsync(Patience);
        Assert.Equal(0, allocated[1] - allocated[0]);
    }

    private Readable Of(SocketPair pair)
    {
        pair.Near.Blocking = false;
        return new Readable(_thread, pair.Near);
    }

    private static async Task WaitAsync(Readable readable) => await readable;

    private static async Task ReadTwiceAsync(
        Readable readable,
        Socket socket,
        TaskCompletionSource<(bool IsHere, int Bytes)> first,
        TaskCompletionSource<(bool IsHere, int Bytes)> second)
    {
        byte[] buffer = new byte[16];
        await readable;
        first.SetResult((ReadingThread.IsHere, socket.Receive(buffer)));
        await readable;
        second.SetResult((ReadingThread.IsHere, socket.Receive(buffer)));
    }

    private static async Task AnswerAsync(Readable readable, Socket socket, Func<bool> answer)
    {
        byte[] buffer = new byte[16];
        do
        {
            await readable;
            _ = socket.Receive(buffer);
        }
        while (answer());
    }

    /// <summary>Reads to the end, as connections do, now here and now in the pool.</summary>
    private static async Task<int> CountAsync(Readable readable, Socket socket, Random random)
    {
        byte[] buffer = new byte[100];
        int count = 0;
        bool isDrained = true;
        while (true)
        {
            if (isDrained && !readable.TryTake())
            {
                await readable;
            }

            if (random.Next(3) == 0)
            {
                await ReadingThread.LeaveAsync();
            }

            int received = socket.Receive(buffer, SocketFlags.None, out SocketError error);
            if (error == SocketError.Success && received == 0)
            {
                return count;
            }

            Assert.True(error is SocketError.Success or SocketError.WouldBlock);
            count += received;
            isDrained = received < buffer.Length;
        }
    }
}
