namespace Kedge.ControlPlane;

/// <summary>Ids of log events, unique in this project and never reused.</summary>
internal static class EventIds
{
    public const int Started = 100;
    public const int Stopped = 101;
    public const int FirstStart = 102;
    public const int CertificateRenewed = 103;
    public const int LoopFailed = 110;
    public const int PlanCommitted = 111;
    public const int PlanConflict = 112;
    public const int PlanRefused = 113;
    public const int FloorRaised = 114;
    public const int RowQuarantined = 115;
    public const int RolloutMoved = 116;
    public const int RolloutRefused = 117;
    public const int DeviceConnected = 120;
    public const int DeviceRefused = 121;
    public const int DeviceDisconnected = 122;
    public const int DeviceTakenOver = 123;
    public const int ReportRefused = 124;
    public const int HandshakeFailed = 125;
    public const int LinkFault = 126;
    public const int CallFailed = 130;
    public const int DeviceEnrolled = 131;
    public const int DeviceRenewed = 132;
    public const int EnrolRefused = 133;
    public const int DeltaComputed = 140;
    public const int DeltaUseless = 141;
    public const int DeltaFailed = 142;
    public const int ContentCollected = 143;
    public const int ChunkDamaged = 144;
    public const int SiteUnreadable = 148;
}
