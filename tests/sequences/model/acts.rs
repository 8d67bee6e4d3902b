//! What is done to the account, the identity, the vault and its key; and who holds what.

use azdrill::oracle::Expected;
use azdrill::oracle::restore_as_files::restore_as_files;
use azdrill::oracle::validate_backup::validate_backup;
use azdrill::sketch::Shape as _;
use azdrill::sketch::identity::Identity;
use azdrill::sketch::restore_as_files::{self as files, Container, CrossTenant, Grant, Scope};
use azdrill::sketch::validate_backup::{self as backup, Backs, Reads};

use super::events::Event;
use super::{Held, Mistake, Model, PROPAGATION, protected_by_guard, refused};
use azdrill::sequence::step::{Act, Immutability, Restore, Role, Setting};

impl Model {
    /// What the operator does.
    pub(super) fn act(&mut self, act: Act) -> Expected {
        match act {
            Act::Wait(_) => Expected::Passes,
            Act::Grant(role) => self.grant(role),
            Act::Revoke(role) => self.revoke(role),
            Act::Set(setting) => self.set(setting),
            Act::IdentityOff => self.switch_identity(false),
            Act::IdentityOn => self.switch_identity(true),
            Act::IdentityRecycled => {
                self.switch_identity(false);
                self.switch_identity(true)
            }
            Act::Protect => self.protect(),
            Act::BackUp => self.back_up(),
            Act::Validate(what) => self.validate(what),
            Act::Restore { what, approved } => self.restore(what, approved),
            Act::Delete => self.delete(),
            Act::Undelete => self.undelete(),
            Act::Change { what, approved } => self.change(what, approved),
            Act::Guard => self.guard(),
            Act::UnlockGuard => self.unlock_guard(),
            Act::UnlockInstance => self.unlock_instance(),
            Act::Unguard => self.unguard(),
            Act::Immutable { to, approved } => self.set_immutability(to, approved),
            Act::SoftDelete { on, approved } => self.set_soft_delete(on, approved),
            Act::ExchangeKey { approved } => self.exchange_key(approved),
            Act::EnableKey(enabled) => {
                self.keys_enabled[self.key] = enabled;
                Expected::Passes
            }
        }
    }

    fn live(&mut self, role: Role) -> Option<&mut Held> {
        let own = self.principal;
        let mut held = self.roles.iter_mut();
        held.find(|held| held.role == role && held.principal == own && held.seen_until.is_none())
    }

    fn grant(&mut self, role: Role) -> Expected {
        if self.live(role).is_some() {
            return refused(&[], "RoleAssignmentExists");
        }
        self.roles.push(Held {
            role,
            principal: self.principal,
            seen_from: self.now + PROPAGATION,
            seen_until: None,
        });
        Expected::Passes
    }

    /// What was not given is taken away all the same: nothing is there to be deleted.
    fn revoke(&mut self, role: Role) -> Expected {
        let lasts = if self.is(Mistake::RevokedAtOnce) {
            0
        } else {
            PROPAGATION
        };
        let until = self.now + lasts;
        if let Some(held) = self.live(role) {
            held.seen_until = Some(until);
        }
        Expected::Passes
    }

    fn set(&mut self, setting: Setting) -> Expected {
        if let Some(allowed) = setting.write(&mut self.network) {
            self.replication = allowed;
        }
        Expected::Passes
    }

    /// A system-assigned identity that is switched off is gone; switched on, it is another.
    fn switch_identity(&mut self, on: bool) -> Expected {
        if on && !self.identity && !self.is(Mistake::SamePrincipal) {
            self.principal += 1;
        }
        self.identity = on;
        Expected::Passes
    }

    fn set_immutability(&mut self, to: Immutability, approved: bool) -> Expected {
        if to < self.immutability && self.guarded && !approved {
            return protected_by_guard();
        }
        if self.immutability == Immutability::Locked && to != Immutability::Locked {
            return refused(&["VLT-04"], "UserErrorUnsupportedVaultImmutabilityStateChange");
        }
        self.immutability = to;
        Expected::Passes
    }

    fn set_soft_delete(&mut self, on: bool, approved: bool) -> Expected {
        if self.soft_delete && !on && self.guarded && !approved {
            return protected_by_guard();
        }
        self.soft_delete = on;
        Expected::Passes
    }

    /// The key is looked at before the write of the vault ends.
    fn exchange_key(&mut self, approved: bool) -> Expected {
        if self.guarded && !approved {
            return protected_by_guard();
        }
        let ticket = self.count();
        self.ticket = Some(ticket);
        let to = 1 - self.key;
        self.after(100, Event::KeyExchanged { ticket, to });
        Expected::Passes
    }

    /// How a look at a key ends.
    pub(super) fn look_at_key(&self, key: usize) -> Expected {
        let missing = "UserErrorCMKMissingMangedIdentityPermissionOnKeyVault";
        if !self.identity {
            return refused(&["VLT-07-ACCESS"], missing);
        }
        if !self.holds(Role::UsesKey).0 {
            // Key Vault says so, and the Backup service passes its answer on.
            return refused(&["VLT-07-ACCESS"], missing);
        }
        if !self.keys_enabled[key] {
            return refused(&["VLT-07-KEY"], azdrill::oracle::SYNTHETIC);
        }
        Expected::Passes
    }

    /// Whether the vault's key can be used, if it has one.
    pub(super) fn key_usable(&self) -> bool {
        !self.beginning.encrypted || self.look_at_key(self.key) == Expected::Passes
    }

    /// Whether the identity there is holds a role as of now, and whether it will.
    pub(super) fn holds(&self, role: Role) -> (bool, bool) {
        let own = self
            .roles
            .iter()
            .filter(|held| held.role == role && held.principal == self.principal && self.identity);
        let (mut seen, mut pending) = (false, false);
        for held in own {
            pending |= held.seen_from > self.now;
            seen |= held.seen_from <= self.now && held.seen_until.is_none_or(|until| self.now < until);
        }
        (seen, pending)
    }

    fn acting(&self) -> Identity {
        if self.identity {
            Identity::System
        } else {
            Identity::SystemSwitchedOff
        }
    }

    /// How a restore as files ends in the world as it is.
    pub(super) fn judge_restore(&self, what: Restore) -> Expected {
        let roles = [
            (
                Role::WritesAccount,
                files::Role::BlobDataContributor,
                Scope::Account,
            ),
            (
                Role::WritesContainer,
                files::Role::BlobDataContributor,
                Scope::Container,
            ),
            (Role::ReadsAccount, files::Role::BlobDataReader, Scope::Account),
        ];
        let mut grants = Vec::new();
        for (own, role, scope) in roles {
            let (seen, pending) = self.holds(own);
            // What is given on one container says nothing about another.
            let elsewhere = scope == Scope::Container && what.container == Container::Missing;
            if !elsewhere && (seen || pending) {
                let granted = Grant::of(role, scope);
                grants.push(Grant { seen, ..granted });
            }
        }
        let sketch = files::Sketch {
            network: self.network,
            grants,
            identity: self.acting(),
            cross_tenant: if self.replication {
                CrossTenant::True
            } else {
                CrossTenant::False
            },
            container: what.container,
            prefix: what.prefix,
            ..files::Sketch::in_order()
        };
        restore_as_files(self.beginning.profile, &sketch)
    }

    /// How the configuring of protection ends in the world as it is.
    pub(super) fn judge_backup(&self) -> Expected {
        let sketch = backup::Sketch {
            identity: self.acting(),
            backs: match self.holds(Role::BacksUp) {
                (true, _) => Backs::LtrOnServer,
                (false, true) => Backs::LtrTooNew,
                (false, false) => Backs::Nothing,
            },
            reads: match self.holds(Role::ReadsGroup) {
                (true, _) => Reads::ReaderOnGroup,
                (false, true) => Reads::ReaderTooNew,
                (false, false) => Reads::Nothing,
            },
            ..backup::Sketch::in_order()
        };
        validate_backup(self.beginning.profile, &sketch)
    }
}
