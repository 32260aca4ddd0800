using Kedge.Core.Measure;

namespace Kedge.Agent.Loop;

/// <summary>A window that is kept, and what was told of it. Lives on the loop.</summary>
/// <param name="window">As it was opened.</param>
internal sealed class KeptWindow(FigureWindow window)
{
    private FigureWindow? _told;
    private bool _isToldClosed;

    /// <summary>What it counts so far.</summary>
    internal FigureWindow Window { get; set; } = window;

    /// <summary>True once nothing is added to it any more.</summary>
    internal bool IsClosed { get; set; }

    /// <summary>
    /// True when something was counted since it was told, or when it has closed: how memory moves is told with those.
    /// </summary>
    internal bool IsUntold => (IsClosed && !_isToldClosed)
        || Window.Requests != (_told?.Requests ?? 0)
        || Window.Failures != (_told?.Failures ?? 0)
        || Window.Restarts != (_told?.Restarts ?? 0);

    internal void HasBeenTold()
    {
        _told = Window;
        _isToldClosed = IsClosed;
    }

    internal void TellAgain()
    {
        _told = null;
        _isToldClosed = false;
    }
}
