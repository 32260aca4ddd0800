using Kedge.ModelServer.Http;

namespace Kedge.Inference.Tests.Serve;

public sealed class ReadingThreadTests
{
    [Fact]
    public async Task Whoever_leaves_it_goes_on_in_the_pool()
    {
        bool wasHere = false;
        TaskCompletionSource<bool> isHere = new();
        Thread reader = new(() =>
        {
            wasHere = ReadingThread.IsHere;
            _ = LeaveAsync(isHere);
        });
        reader.Start();
        Assert.False(await isHere.Task);
        reader.Join();
        Assert.True(wasHere);
    }

    [Fact]
    public async Task Whoever_is_in_the_pool_goes_on_at_once()
    {
        (bool stayed, long allocated) = await Task.Run(static () =>
        {
            TaskCompletionSource<bool> isHere = new();
            _ = LeaveAsync(isHere);
            long before = GC.GetAllocatedBytesForCurrentThread();
            bool hasLeft = ReadingThread.LeaveAsync().GetAwaiter().IsCompleted;
            return (isHere.Task.IsCompleted && hasLeft, GC.GetAllocatedBytesForCurrentThread() - before);
        });
        Assert.True(stayed);
        Assert.Equal(0, allocated);
    }

    private static async Task LeaveAsync(TaskCompletionSource<bool> isHere)
    {
        await ReadingThread.LeaveAsync();
        isHere.SetResult(ReadingThread.IsHere);
    }
}
