namespace Kedge.ControlPlane.Tests.Agents;

/// <summary>A clock on which a minute passes in a second or so: deadlines of minutes are waited for in full.</summary>
internal sealed class HurriedTime(int times) : TimeProvider
{
    public override long GetTimestamp() => base.GetTimestamp() * times;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
        new Hurried(base.CreateTimer(callback, state, Short(dueTime), Short(period)), Short);

    private TimeSpan Short(TimeSpan time) => time > TimeSpan.Zero ? time / times : time;

    private sealed class Hurried(ITimer timer, Func<TimeSpan, TimeSpan> shorten) : ITimer
    {
        public bool Change(TimeSpan dueTime, TimeSpan period) => timer.Change(shorten(dueTime), shorten(period));

        public void Dispose() => timer.Dispose();

        public ValueTask DisposeAsync() => timer.DisposeAsync();
    }
}
