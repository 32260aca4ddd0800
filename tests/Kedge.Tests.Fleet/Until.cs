namespace Kedge.Tests.Fleet;

/// <summary>Waits for a condition with a deadline that says what it saw last.</summary>
public static class Until
{
    public static async Task TrueAsync(
        Func<Task<bool>> condition, TimeSpan deadline, Func<Task<string>> describe, int pollMs = 25)
    {
        long start = TimeProvider.System.GetTimestamp();
        Exception? last = null;
        while (TimeProvider.System.GetElapsedTime(start) < deadline)
        {
            try
            {
                if (await condition())
                {
                    return;
                }

                last = null;
            }
            catch (Exception e) when (e is HttpRequestException or IOException or System.Net.Sockets.SocketException
                or OperationCanceledException)
            {
                last = e;
            }

            await Task.Delay(pollMs);
        }

        throw new TimeoutException($"not within {deadline.TotalSeconds} s: {await describe()} {last?.Message}");
    }
}
