namespace Kedge.Mqtt.Tests.Support;

/// <summary>Waiting with a deadline that says what was seen.</summary>
public static class Until
{
    public static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);

    public static async Task<T> InTimeAsync<T>(this Task<T> task, string what)
    {
        if (await Task.WhenAny(task, Task.Delay(Deadline, TimeProvider.System)) != task)
        {
            throw new TimeoutException($"Waited too long for: {what}");
        }

        return await task;
    }

    public static async Task InTimeAsync(this Task task, string what)
    {
        if (await Task.WhenAny(task, Task.Delay(Deadline, TimeProvider.System)) != task)
        {
            throw new TimeoutException($"Waited too long for: {what}");
        }

        await task;
    }

    /// <summary>Asks again and again until it holds.</summary>
    public static Task TrueAsync(Func<bool> condition, string what) => TrueAsync(condition, () => what);

    /// <summary>The same, with the state at the deadline.</summary>
    public static async Task TrueAsync(Func<bool> condition, Func<string> what)
    {
        long started = TimeProvider.System.GetTimestamp();
        while (!condition())
        {
            if (TimeProvider.System.GetElapsedTime(started) > Deadline)
            {
                throw new TimeoutException($"Waited too long for: {what()}");
            }

            await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System);
        }
    }
}
