using Kedge.Core;

namespace Kedge.Store.Contracts;

/// <summary>Devices by name. A name outlives broken hardware: its labels and generations continue.</summary>
public interface IDeviceStore
{
    /// <summary>
    /// Gives a free name to a device, uses up its token and records its certificate, or does none of it.
    /// </summary>
    ValueTask<EnrolOutcome> EnrolAsync(
        TenantId tenant, DeviceEnrolment enrolment, CancellationToken cancellationToken);

    /// <summary>
    /// New hardware under a name that is held: new key and incarnation, sequences start anew, generations, labels and
    /// cordon continue, a revocation ends, the open connection and the older certificates of the name count no more.
    /// </summary>
    ValueTask<EnrolOutcome> ReplaceAsync(
        TenantId tenant, DeviceEnrolment enrolment, CancellationToken cancellationToken);

    /// <summary>One device; null when there is none. Throws <c>KEDGE-STORE-002</c> for an unreadable row.</summary>
    ValueTask<DeviceRow?> FindAsync(TenantId tenant, DeviceId device, CancellationToken cancellationToken);

    /// <summary>Devices in order of their names; unreadable rows are listed apart.</summary>
    ValueTask<Page<DeviceRow>> ListAsync(TenantId tenant, DeviceQuery query, CancellationToken cancellationToken);

    /// <summary>Changes labels, annotations or cordon.</summary>
    ValueTask<CasOutcome> UpdateAsync(TenantId tenant, DeviceWrite write, CancellationToken cancellationToken);

    /// <summary>
    /// Trusts the device no more, nor any certificate of it; its row stays. Revoking twice is unchanged.
    /// </summary>
    ValueTask<CasOutcome> RevokeAsync(
        TenantId tenant, DeviceId device, long atMs, CancellationToken cancellationToken);

    /// <summary>
    /// Removes the device, its desired state and reports; its certificates stay, revoked, until they expire.
    /// </summary>
    ValueTask<CasOutcome> DeleteAsync(
        TenantId tenant, DeviceId device, long? expectedRevision, long atMs, CancellationToken cancellationToken);

    /// <summary>A connection was accepted by <see cref="DeviceConnection.Replica"/>.</summary>
    ValueTask<ConnectOutcome> ConnectAsync(
        TenantId tenant, DeviceConnection connection, CancellationToken cancellationToken);

    /// <summary>The connection of that number has ended; a half-open older one changes nothing.</summary>
    ValueTask<DisconnectVerdict> DisconnectAsync(
        TenantId tenant, DeviceId device, long epoch, long atMs, CancellationToken cancellationToken);

    /// <summary>A replica has ended or started anew: none of its connections is open. Returns how many were.</summary>
    ValueTask<int> DisconnectReplicaAsync(
        TenantId tenant, string replica, long atMs, CancellationToken cancellationToken);

    /// <summary>
    /// Devices were heard: moves their last-seen times forward, no revision. Unknown names are skipped.
    /// </summary>
    ValueTask TouchAsync(TenantId tenant, IReadOnlyList<DeviceSeen> seen, CancellationToken cancellationToken);
}
